//! A vault in a bucket of a real S3 server that checks signatures, inside the test's own process.
#![allow(
    dead_code,
    reason = "each test binary uses its own part of these helpers"
)]

pub mod proxy;
pub mod server;

use std::{fs, net::SocketAddr, time::Duration};

use habeas_vault::{BlobName, DataKey, Keyring, RootKey, Vault};
use habeas_vault_s3::{Patience, Settings};
use uuid::Uuid;

use server::{BUCKET, KEY_ID, SECRET, Server};

pub const PREFIX: &str = "production";

/// Three parts of 8 MiB, the last one small.
pub const LARGE: usize = 17 * 1024 * 1024;

pub struct World {
    pub server: Server,
    pub vault: Vault,
    pub key: DataKey,
    _keys: tempfile::TempDir,
}

impl World {
    pub fn new() -> Self {
        let server = Server::start();
        let keys = tempfile::tempdir().unwrap();
        let root = RootKey::from_bytes([1; 32]);
        let keyring = Keyring::open(keys.path(), &root).unwrap();
        Self {
            vault: habeas_vault_s3::open(settings(server.address)).unwrap(),
            key: keyring.create(Uuid::now_v7()).unwrap(),
            server,
            _keys: keys,
        }
    }
}

/// What opens the bucket at this address.
pub fn settings(address: SocketAddr) -> Settings {
    Settings {
        endpoint: Some(format!("http://{address}")),
        region: "us-east-1".to_owned(),
        bucket: BUCKET.to_owned(),
        prefix: Some(PREFIX.parse().unwrap()),
        path_style: true,
        access_key_id: KEY_ID.to_owned(),
        secret_access_key: SECRET.to_owned().into(),
        patience: Patience {
            pause: Duration::from_millis(5),
            ..Patience::default()
        },
    }
}

impl habeas_vault::conformance::World for World {
    fn vault(&self) -> &Vault {
        &self.vault
    }

    fn key(&self) -> &DataKey {
        &self.key
    }

    fn large(&self) -> usize {
        LARGE
    }

    fn sealed(&self, name: &BlobName) -> Vec<u8> {
        fs::read(self.server.file(&format!("{PREFIX}/{name}"))).unwrap()
    }

    fn replace(&self, name: &BlobName, sealed: &[u8]) {
        let path = self.server.file(&format!("{PREFIX}/{name}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, sealed).unwrap();
    }

    fn things(&self) -> usize {
        self.server.things()
    }
}
