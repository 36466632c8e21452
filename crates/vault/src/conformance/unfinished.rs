//! What was not finished is not there.

use std::{
    mem,
    time::{Duration, SystemTime},
};

use super::{World, assert_same, begin, exists, get, listed, pattern, put, written};

pub fn an_unfinished_blob_is_never_seen_and_leaves_nothing(world: &dyn World) {
    for length in [0, 1, world.large()] {
        let writer = written(world, "req/1/draft", &pattern(length, 0));
        assert!(!exists(world, "req/1/draft"));
        assert!(get(world, "req/1/draft").is_err());
        assert!(listed(world, "req").is_empty());
        drop(writer);
        assert!(!exists(world, "req/1/draft"));
        assert_eq!(world.things(), 0, "{length} bytes were written");
    }
}

pub fn an_unfinished_rewrite_keeps_the_older_blob(world: &dyn World) {
    put(world, "req/1/result", b"first");
    let writer = written(world, "req/1/result", &pattern(world.large(), 0));
    assert_same(get(world, "req/1/result"), b"first");
    drop(writer);
    assert_same(get(world, "req/1/result"), b"first");
    drop(begin(world, "req/1/result"));
    assert_same(get(world, "req/1/result"), b"first");
}

pub fn what_a_killed_writer_leaves_is_swept_when_it_is_old(world: &dyn World) {
    put(world, "req/1/whole", b"whole");
    let writer = written(world, "req/1/draft", &pattern(world.large(), 0));
    // As a process that is killed: nothing is tidied up.
    mem::forget(writer);
    assert!(world.things() > 1, "the killed writer left something");
    let hour = Duration::from_secs(3600);
    let now = SystemTime::now();
    let sweep = |before| {
        world
            .vault()
            .sweep(before)
            .expect("the place can be swept")
            .expect("the place lists its left-overs")
    };
    assert_eq!(sweep(now - hour), 0, "it may still be written");
    assert_eq!(sweep(now + hour), 1);
    assert_eq!(sweep(now + hour), 0);
    assert_eq!(world.things(), 1);
    assert_same(get(world, "req/1/whole"), b"whole");
}
