//! How blobs are sealed: what goes in comes out, and what was touched does not. Seen in a folder;
//! `folder.rs` tests that as a place.

use std::{
    fs,
    io::{Read, Write},
    path::PathBuf,
};

use habeas_vault::{BlobName, BlobRef, DataKey, Keyring, RootKey, Vault, VaultError};
use uuid::Uuid;

const CHUNK: usize = 64 * 1024;
const HEAD: usize = 4 + 32;
const SEALED_CHUNK: usize = CHUNK + 16;

struct World {
    dir: tempfile::TempDir,
    keyring: Keyring,
    key: DataKey,
    vault: Vault,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = RootKey::load_or_create(&dir.path().join("root.key")).unwrap();
        let keyring = Keyring::open(dir.path().join("keys"), &root).unwrap();
        let key = keyring.create(Uuid::now_v7()).unwrap();
        let vault = Vault::folder(dir.path().join("blobs")).unwrap();
        Self {
            dir,
            keyring,
            key,
            vault,
        }
    }

    fn put(&self, name: &str, plain: &[u8]) -> BlobRef {
        let mut writer = self.vault.create(&self.key, &blob(name), "result").unwrap();
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, String> {
        self.get_as(&self.key, name, "result")
    }

    fn get_as(&self, key: &DataKey, name: &str, purpose: &str) -> Result<Vec<u8>, String> {
        let mut reader = self
            .vault
            .open(key, &blob(name), purpose)
            .map_err(|error| error.to_string())?;
        let mut plain = Vec::new();
        let read = reader.read_to_end(&mut plain);
        if read.is_err() {
            assert!(
                reader.read(&mut [0; 8]).is_err(),
                "once refused, always refused"
            );
        }
        read.map(|_| plain).map_err(|error| error.to_string())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("blobs").join(name)
    }

    fn sealed(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Puts `sealed` where the blob was and says whether it is refused.
    fn refuses(&self, name: &str, sealed: &[u8]) -> bool {
        fs::write(self.path(name), sealed).unwrap();
        self.get(name).is_err()
    }
}

fn blob(name: &str) -> BlobName {
    name.parse().unwrap()
}

/// Bytes in which no two chunks are alike.
fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect()
}

#[test]
fn what_goes_in_comes_out_at_every_awkward_length() {
    let world = World::new();
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7] {
        let plain = pattern(length);
        let stored = world.put("req/1/access/0", &plain);
        assert_eq!(stored.bytes, length as u64);
        assert_eq!(
            world.get("req/1/access/0").unwrap(),
            plain,
            "{length} bytes"
        );
    }
}

#[test]
fn a_reference_names_the_digest_of_the_plaintext() {
    let stored = World::new().put("greeting", b"abc");
    assert_eq!(
        stored.sha256,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let json = serde_json::to_string(&stored).unwrap();
    assert_eq!(serde_json::from_str::<BlobRef>(&json).unwrap(), stored);
}

#[test]
fn writing_in_small_and_odd_pieces_gives_the_same_blob() {
    let world = World::new();
    let plain = pattern(2 * CHUNK + 100);
    let mut writer = world
        .vault
        .create(&world.key, &blob("pieces"), "result")
        .unwrap();
    for piece in plain.chunks(4093) {
        writer.write_all(piece).unwrap();
        writer.flush().unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(world.get("pieces").unwrap(), plain);
    assert_eq!(world.sealed("pieces").len(), HEAD + plain.len() + 3 * 16);
}

#[test]
fn the_plaintext_is_nowhere_on_the_disk() {
    let world = World::new();
    world.put("secret", b"ada@example.org lives here");
    let sealed = world.sealed("secret");
    assert!(
        !sealed
            .windows(15)
            .any(|window| window == b"ada@example.org")
    );
}

#[test]
fn a_flipped_byte_anywhere_is_refused() {
    let world = World::new();
    for plain in [b"".as_slice(), b"a small blob about one person"] {
        world.put("small", plain);
        let sealed = world.sealed("small");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 0x01;
            assert!(world.refuses("small", &changed), "byte {at}");
        }
        assert!(!world.refuses("small", &sealed), "untouched it opens");
    }
}

#[test]
fn a_cut_anywhere_is_refused() {
    let world = World::new();
    world.put("small", b"a small blob about one person");
    let sealed = world.sealed("small");
    for length in 0..sealed.len() {
        assert!(
            world.refuses("small", &sealed[..length]),
            "{length} bytes left"
        );
    }
}

#[test]
fn a_cut_between_two_chunks_is_refused() {
    let world = World::new();
    world.put("large", &pattern(3 * CHUNK));
    let sealed = world.sealed("large");
    for chunks in 0..3 {
        assert!(
            world.refuses("large", &sealed[..HEAD + chunks * SEALED_CHUNK]),
            "{chunks} left"
        );
    }
}

#[test]
fn an_extension_is_refused() {
    let world = World::new();
    world.put("large", &pattern(CHUNK));
    let sealed = world.sealed("large");
    let last_chunk = &sealed[HEAD..];
    for more in [b"\0".as_slice(), last_chunk] {
        assert!(world.refuses("large", &[&sealed, more].concat()));
    }
}

#[test]
fn chunks_that_change_places_are_refused() {
    let world = World::new();
    world.put("large", &pattern(3 * CHUNK));
    let sealed = world.sealed("large");
    let (head, body) = sealed.split_at(HEAD);
    let chunks: Vec<&[u8]> = body.chunks(SEALED_CHUNK).collect();
    for order in [[1, 0, 2], [0, 2, 1], [2, 1, 0], [0, 0, 2]] {
        let moved: Vec<u8> = [head]
            .into_iter()
            .chain(order.map(|at| chunks[at]))
            .flatten()
            .copied()
            .collect();
        assert!(world.refuses("large", &moved), "{order:?}");
    }
}

#[test]
fn chunks_of_another_blob_are_refused() {
    let world = World::new();
    world.put("mine", &pattern(2 * CHUNK));
    world.put("yours", &pattern(2 * CHUNK));
    let (mine, yours) = (world.sealed("mine"), world.sealed("yours"));
    let at = HEAD + SEALED_CHUNK;
    assert!(world.refuses("mine", &[&mine[..at], &yours[at..]].concat()));
    assert!(
        world.refuses("mine", &yours),
        "a whole blob does not open under another name"
    );
}

#[test]
fn another_key_purpose_or_name_is_refused() {
    let world = World::new();
    world.put("mine", b"for one person");
    let stranger = world.keyring.create(Uuid::now_v7()).unwrap();
    assert!(world.get_as(&stranger, "mine", "result").is_err());
    assert!(world.get_as(&world.key, "mine", "package").is_err());
    fs::copy(world.path("mine"), world.path("copy")).unwrap();
    assert!(world.get("copy").is_err());
    assert!(world.get("mine").is_ok());
}

#[test]
fn destroying_a_key_shreds_its_blobs() {
    let world = World::new();
    world.put("mine", b"for one person");
    let id = world.key.id();
    world.keyring.destroy(id).unwrap();
    assert!(matches!(
        world.keyring.get(id),
        Err(VaultError::NoKey { .. })
    ));
    let successor = world.keyring.create(id).unwrap();
    assert!(world.get_as(&successor, "mine", "result").is_err());
}
