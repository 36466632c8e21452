//! What somebody altered in the place does not open.

use super::{CHUNK, World, assert_same, blob, get, pattern, put};

pub fn bytes_that_were_altered_in_the_place_are_refused(world: &dyn World) {
    let (name, plain) = (blob("req/1/a"), pattern(2 * CHUNK + 9, 0));
    put(world, "req/1/a", &plain);
    let sealed = world.sealed(&name);
    let middle = sealed.len() / 2;
    for at in [0, 4, 36, CHUNK, middle, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 0x01;
        world.replace(&name, &changed);
        assert!(get(world, "req/1/a").is_err(), "byte {at}");
    }
    world.replace(&name, &sealed);
    assert_same(get(world, "req/1/a"), &plain);
}

pub fn a_blob_that_was_cut_or_grew_in_the_place_is_refused(world: &dyn World) {
    let name = blob("req/1/a");
    put(world, "req/1/a", &pattern(world.large(), 0));
    let sealed = world.sealed(&name);
    let first_chunk = 36 + CHUNK + 16;
    for length in [0, 1, 36, first_chunk, sealed.len() / 2, sealed.len() - 1] {
        world.replace(&name, &sealed[..length]);
        assert!(get(world, "req/1/a").is_err(), "{length} bytes left");
    }
    world.replace(&name, &[&sealed[..], b"\0"].concat());
    assert!(get(world, "req/1/a").is_err(), "one byte more");
}

pub fn a_blob_that_was_moved_to_another_name_is_refused(world: &dyn World) {
    put(world, "req/1/mine", b"of one person");
    put(world, "req/2/yours", b"of another one");
    let mine = world.sealed(&blob("req/1/mine"));
    world.replace(&blob("req/2/yours"), &mine);
    assert!(get(world, "req/2/yours").is_err());
    assert_same(get(world, "req/1/mine"), b"of one person");
}
