//! Sizes at which parts and blocks begin and end.

mod common;

use std::io::{Read, Write};

use common::World;

const PART: usize = 8 * 1024 * 1024;
const CHUNK: usize = 64 * 1024;

/// Plaintext that is so many bytes when it is sealed.
fn plain_of(sealed: usize) -> usize {
    let (head, tag) = (4 + 32, 16);
    let chunks = (sealed - head).div_ceil(CHUNK + tag);
    sealed - head - chunks * tag
}

#[test]
fn a_blob_of_exactly_one_or_two_parts_is_whole() {
    let world = World::new();
    for sealed in [PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1] {
        let plain = vec![sealed as u8; plain_of(sealed)];
        let name = format!("req/1/{sealed}").parse().unwrap();
        let mut writer = world.vault.create(&world.key, &name, "test").unwrap();
        writer.write_all(&plain).unwrap();
        writer.finish().unwrap();
        let stored = world.server.file(&format!("{}/{name}", common::PREFIX));
        assert_eq!(stored.metadata().unwrap().len(), sealed as u64);
        let mut read = Vec::new();
        let mut reader = world.vault.open(&world.key, &name, "test").unwrap();
        reader.read_to_end(&mut read).unwrap();
        assert!(read == plain, "{sealed}");
    }
    assert_eq!(world.server.unfinished(), 0);
}
