//! One data key per request, wrapped by the root key, each in a file of its own: destroying the
//! file shreds everything that the key sealed, in the database and in the blobs alike.
//!
//! The folder is kept apart from the database, because a row that is deleted lives on in the log,
//! in replicas and in dumps. Backups of the folder must expire too: with the root key, a restored
//! file opens again.

use std::{
    fmt, fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    RootKey, VaultError,
    aead::{self, KEY, KeyBytes},
    folder::{create_private_dir, sync_dir, write_new},
    root::label,
};

/// The data keys of an installation, in a folder.
#[derive(Clone)]
pub struct Keyring {
    dir: PathBuf,
    wrap: KeyBytes,
    installation: [u8; KEY],
}

/// The key of one request.
#[derive(Clone)]
pub struct DataKey {
    id: Uuid,
    bytes: KeyBytes,
}

impl Keyring {
    /// Uses the folder, and makes it (for its owner only) where there is none.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(dir: impl Into<PathBuf>, root: &RootKey) -> Result<Self, VaultError> {
        let dir = dir.into();
        create_private_dir(&dir)?;
        Ok(Self {
            dir,
            wrap: root.derive(label::WRAP),
            installation: root.installation(),
        })
    }

    /// The key of `id`, made on first use. Two callers at once get the same key.
    ///
    /// # Errors
    /// When the key cannot be written durably; it is not used before it is.
    pub fn create(&self, id: Uuid) -> Result<DataKey, VaultError> {
        match self.get(id) {
            Err(VaultError::NoKey { .. }) => {}
            found => return found,
        }
        let bytes = Zeroizing::new(aead::random::<KEY>()?);
        let wrapped = aead::seal(&self.wrap, &self.context(id), &*bytes)?;
        match write_new(&self.path(id), &wrapped) {
            Ok(()) => Ok(DataKey { id, bytes }),
            Err(VaultError::Io { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {
                self.get(id)
            }
            Err(error) => Err(error),
        }
    }

    /// The key of `id`.
    ///
    /// # Errors
    /// [`VaultError::NoKey`] once it is destroyed; [`VaultError::Unopenable`] under another root
    /// key, or when the file was renamed to another id.
    pub fn get(&self, id: Uuid) -> Result<DataKey, VaultError> {
        let path = self.path(id);
        let wrapped = fs::read(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => VaultError::NoKey { id },
            _ => VaultError::io("read data key", &path)(error),
        })?;
        let plain = aead::open(&self.wrap, &self.context(id), &wrapped)?;
        let bytes: [u8; KEY] = plain
            .as_slice()
            .try_into()
            .map_err(|_| VaultError::Unopenable)?;
        Ok(DataKey {
            id,
            bytes: Zeroizing::new(bytes),
        })
    }

    /// Destroys the key of `id`; nothing happens when there is none. The file is overwritten first,
    /// which helps on disks that write in place and does no harm on others.
    ///
    /// # Errors
    /// When the key may still be there.
    pub fn destroy(&self, id: Uuid) -> Result<(), VaultError> {
        let path = self.path(id);
        match overwrite(&path).and_then(|()| fs::remove_file(&path)) {
            Ok(()) => sync_dir(&self.dir),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(VaultError::io("destroy data key", &path)(error)),
        }
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.dir.join(format!("{id}.key"))
    }

    fn context(&self, id: Uuid) -> Vec<u8> {
        aead::context(&[b"data key", &self.installation, id.as_bytes()])
    }
}

fn overwrite(path: &Path) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    file.write_all(&vec![0; length])?;
    file.sync_all()
}

impl DataKey {
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Seals a small value (a column, an identifier, a letter). `purpose` says what it is and where
    /// it belongs, for example `identifier.value`.
    ///
    /// # Errors
    /// Only when the system has no random numbers.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        aead::seal(
            &self.derive(b"", b"habeas data key: values"),
            &self.context(purpose),
            plain,
        )
    }

    /// Opens what [`DataKey::seal`] made for the same purpose.
    ///
    /// # Errors
    /// [`VaultError::Unopenable`] for any other key, purpose or content.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        aead::open(
            &self.derive(b"", b"habeas data key: values"),
            &self.context(purpose),
            sealed,
        )
    }

    pub(crate) fn derive(&self, salt: &[u8], label: &[u8]) -> KeyBytes {
        aead::derive(&self.bytes, salt, label)
    }

    fn context(&self, purpose: &str) -> Vec<u8> {
        aead::context(&[self.id.as_bytes(), purpose.as_bytes()])
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring() -> (tempfile::TempDir, Keyring) {
        let dir = tempfile::tempdir().unwrap();
        let keyring =
            Keyring::open(dir.path().join("keys"), &RootKey::from_bytes([1; KEY])).unwrap();
        (dir, keyring)
    }

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let (_dir, keyring) = keyring();
        let id = Uuid::now_v7();
        let sealed = keyring.create(id).unwrap().seal("note", b"hello").unwrap();
        for key in [keyring.create(id).unwrap(), keyring.get(id).unwrap()] {
            assert_eq!(key.open("note", &sealed).unwrap().as_slice(), b"hello");
        }
    }

    #[test]
    fn callers_that_race_get_the_same_key() {
        let (_dir, keyring) = keyring();
        let id = Uuid::now_v7();
        let keys: Vec<DataKey> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| keyring.create(id).unwrap()))
                .collect();
            racers
                .into_iter()
                .map(|racer| racer.join().unwrap())
                .collect()
        });
        let sealed = keys[0].seal("note", b"hello").unwrap();
        assert!(keys.iter().all(|key| key.open("note", &sealed).is_ok()));
    }

    #[test]
    fn a_destroyed_key_is_gone_for_good() {
        let (_dir, keyring) = keyring();
        let id = Uuid::now_v7();
        let sealed = keyring.create(id).unwrap().seal("note", b"hello").unwrap();
        keyring.destroy(id).unwrap();
        keyring.destroy(id).unwrap();
        assert!(matches!(keyring.get(id), Err(VaultError::NoKey { id: gone }) if gone == id));
        let successor = keyring.create(id).unwrap();
        assert!(matches!(
            successor.open("note", &sealed),
            Err(VaultError::Unopenable)
        ));
    }

    #[test]
    fn a_key_file_opens_under_its_own_id_and_root_only() {
        let (dir, keyring) = keyring();
        let (mine, yours) = (Uuid::now_v7(), Uuid::now_v7());
        keyring.create(mine).unwrap();
        fs::copy(keyring.path(mine), keyring.path(yours)).unwrap();
        assert!(matches!(keyring.get(yours), Err(VaultError::Unopenable)));
        let elsewhere =
            Keyring::open(dir.path().join("keys"), &RootKey::from_bytes([2; KEY])).unwrap();
        assert!(matches!(elsewhere.get(mine), Err(VaultError::Unopenable)));
    }

    #[test]
    fn any_changed_byte_and_any_missing_byte_keeps_a_value_shut() {
        let (_dir, keyring) = keyring();
        let key = keyring.create(Uuid::now_v7()).unwrap();
        let sealed = key.seal("note", b"meet me at noon").unwrap();
        assert!(matches!(
            key.open("letter", &sealed),
            Err(VaultError::Unopenable)
        ));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open("note", &changed).is_err(), "byte {at} changed");
            assert!(key.open("note", &sealed[..at]).is_err(), "cut at {at}");
        }
        let longer = [sealed.as_slice(), &[0]].concat();
        assert!(key.open("note", &longer).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let (_dir, keyring) = keyring();
        let id = Uuid::now_v7();
        keyring.create(id).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&keyring.dir), mode(&keyring.path(id))),
            (0o700, 0o600)
        );
    }
}
