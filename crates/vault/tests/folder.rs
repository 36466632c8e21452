//! The folder as a place of blobs: the promises of every place, and what only a folder can get wrong.

use std::{fs, path::Path};

use habeas_vault::{BlobName, DataKey, Keyring, RootKey, Trouble, Vault, conformance};
use uuid::Uuid;

struct World {
    dir: tempfile::TempDir,
    key: DataKey,
    vault: Vault,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = RootKey::from_bytes([1; 32]);
        let keyring = Keyring::open(dir.path().join("keys"), &root).unwrap();
        Self {
            key: keyring.create(Uuid::now_v7()).unwrap(),
            vault: Vault::folder(dir.path().join("blobs")).unwrap(),
            dir,
        }
    }

    fn blobs(&self) -> std::path::PathBuf {
        self.dir.path().join("blobs")
    }
}

impl conformance::World for World {
    fn vault(&self) -> &Vault {
        &self.vault
    }

    fn key(&self) -> &DataKey {
        &self.key
    }

    fn large(&self) -> usize {
        300_000
    }

    fn sealed(&self, name: &BlobName) -> Vec<u8> {
        fs::read(self.blobs().join(name.as_str())).unwrap()
    }

    fn replace(&self, name: &BlobName, sealed: &[u8]) {
        let path = self.blobs().join(name.as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, sealed).unwrap();
    }

    fn things(&self) -> usize {
        files(&self.blobs())
    }
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path()),
            false => 1,
        })
        .sum()
}

habeas_vault::conformance_tests!(World::new);

#[test]
fn a_folder_that_is_a_file_is_nothing_that_passes_by_itself() {
    let world = World::new();
    let file = world.dir.path().join("file");
    fs::write(&file, "x").unwrap();
    let refused = Vault::folder(file.join("blobs")).unwrap_err();
    assert_eq!(refused.trouble(), Some(Trouble::Permanent), "{refused}");
}
