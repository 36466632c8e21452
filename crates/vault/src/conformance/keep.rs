//! What was put can be got, listed and deleted, and nothing else is touched.

use super::{CHUNK, World, assert_same, blob, exists, get, listed, pattern, put, written};
use crate::VaultError;

pub fn what_goes_in_comes_out_at_every_awkward_length(world: &dyn World) {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7] {
        let plain = pattern(length, length);
        let stored = put(world, "req/1/access/0", &plain);
        assert_eq!(stored.bytes, length as u64);
        assert_same(get(world, "req/1/access/0"), &plain);
    }
}

pub fn a_large_blob_goes_in_and_out_as_a_stream(world: &dyn World) {
    let plain = pattern(world.large(), 0);
    put(world, "req/1/package/1", &plain);
    assert_same(get(world, "req/1/package/1"), &plain);
    assert_eq!(
        world.things(),
        1,
        "the pieces went when the blob was finished"
    );
}

pub fn an_absent_blob_is_said_to_be_absent(world: &dyn World) {
    let absent = blob("req/1/absent");
    assert!(!exists(world, "req/1/absent"));
    let opened = world.vault().open(world.key(), &absent, super::PURPOSE);
    assert!(matches!(opened, Err(VaultError::NoBlob { name }) if name == absent));
    assert!(listed(world, "req").is_empty());
}

pub fn a_blob_of_the_same_name_replaces_the_older_one_whole(world: &dyn World) {
    put(world, "req/1/note", &pattern(CHUNK + 1, 1));
    put(world, "req/1/note", b"shorter");
    assert_same(get(world, "req/1/note"), b"shorter");
    // Two at once: one of them is there, and never a mixture.
    let first = written(world, "req/1/note", &pattern(2 * CHUNK, 1));
    let second = written(world, "req/1/note", &pattern(3 * CHUNK, 2));
    second.finish().expect("the place takes the second");
    first.finish().expect("the place takes the first");
    assert_same(get(world, "req/1/note"), &pattern(2 * CHUNK, 1));
    assert_eq!(world.things(), 1);
}

/// A worker whose lease was lost goes on writing, and ends after the one that took over.
pub fn two_epochs_of_one_step_never_overwrite_each_other(world: &dyn World) {
    let (stale, fresh) = (pattern(world.large(), 1), pattern(world.large() - 1, 2));
    let zombie = written(world, "req/1/step/7/1/0", &stale);
    let worker = written(world, "req/1/step/7/2/0", &fresh);
    worker.finish().expect("the place takes the fresh part");
    zombie.finish().expect("the place takes the stale part");
    assert_same(get(world, "req/1/step/7/2/0"), &fresh);
    assert_same(get(world, "req/1/step/7/1/0"), &stale);
}

pub fn deleting_is_repeatable_and_takes_only_what_it_names(world: &dyn World) {
    for name in ["req/1/a/0", "req/1/b", "req/12/a"] {
        put(world, name, b"x");
    }
    for _ in 0..2 {
        world
            .vault()
            .delete(&blob("req/1/b"))
            .expect("deleting is repeatable");
        assert!(!exists(world, "req/1/b"));
    }
    assert!(exists(world, "req/1/a/0"));
    for _ in 0..2 {
        world
            .vault()
            .delete_prefix(&blob("req/1"))
            .expect("deleting is repeatable");
        assert!(!exists(world, "req/1/a/0"));
        assert!(exists(world, "req/12/a"));
    }
    assert!(!exists(world, "req/12"), "a prefix is not a blob");
    put(world, "single", b"x");
    world
        .vault()
        .delete_prefix(&blob("single"))
        .expect("a blob is its own prefix");
    assert!(!exists(world, "single"));
}

pub fn a_list_names_what_is_below_and_nothing_else(world: &dyn World) {
    for name in ["req/1/a/0", "req/1/a/1", "req/1/b", "req/12/a", "other"] {
        put(world, name, b"x");
    }
    let unfinished = written(world, "req/1/c", &pattern(world.large(), 0));
    assert_eq!(
        listed(world, "req/1"),
        ["req/1/a/0", "req/1/a/1", "req/1/b"]
    );
    assert_eq!(listed(world, "req/1/b"), ["req/1/b"]);
    assert_eq!(listed(world, "req").len(), 4);
    assert!(listed(world, "req/2").is_empty());
    assert!(listed(world, "other/below").is_empty());
    drop(unfinished);
}

pub fn a_list_and_a_deletion_go_past_the_first_thousand(world: &dyn World) {
    const MANY: usize = 1001;
    for n in 0..MANY {
        world.replace(&blob(&format!("req/1/part/{n}")), b"x");
    }
    put(world, "req/2", b"x");
    assert_eq!(listed(world, "req/1").len(), MANY);
    world
        .vault()
        .delete_prefix(&blob("req/1"))
        .expect("all of them can be deleted");
    assert_eq!(listed(world, "req"), ["req/2"]);
}

pub fn the_place_can_be_probed(world: &dyn World) {
    world
        .vault()
        .probe(&blob("check/1"))
        .expect("the place can be used");
    assert_eq!(world.things(), 0, "a probe leaves nothing");
}
