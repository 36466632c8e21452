//! A secret of 32 bytes in a file that only its owner may read: the root key, a signing seed.
//!
//! The file holds the raw bytes. It is never overwritten.

use std::{fs, io::ErrorKind, path::Path};

use zeroize::Zeroizing;

use crate::{
    VaultError,
    aead::{self, KEY},
    folder::write_new,
};

/// Reads the secret.
///
/// # Errors
/// Refuses a file that its group or the world may read or write: the secret may be known already.
pub fn load(path: &Path) -> Result<Zeroizing<[u8; KEY]>, VaultError> {
    refuse_exposed(path)?;
    let bytes = Zeroizing::new(fs::read(path).map_err(VaultError::io("read key file", path))?);
    let secret: [u8; KEY] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| VaultError::NotAKey {
            path: path.to_owned(),
            expected: KEY,
        })?;
    Ok(Zeroizing::new(secret))
}

/// Reads the secret, or makes a random one (mode 0600, flushed to disk) where there is no file yet.
/// Of two processes that start together, one makes it and both read the same.
///
/// # Errors
/// As [`load`].
pub fn load_or_create(path: &Path) -> Result<Zeroizing<[u8; KEY]>, VaultError> {
    if !path.exists() {
        let secret = Zeroizing::new(aead::random::<KEY>()?);
        match write_new(path, &*secret) {
            Err(VaultError::Io { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {}
            written => written?,
        }
    }
    load(path)
}

#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), VaultError> {
    use std::os::unix::fs::PermissionsExt;
    let meta = fs::metadata(path).map_err(VaultError::io("read key file", path))?;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(VaultError::Exposed {
            path: path.to_owned(),
            mode,
        })
    }
}

/// Elsewhere the folder's access list guards the file, and there is no mode to look at.
#[cfg(not(unix))]
fn refuse_exposed(_: &Path) -> Result<(), VaultError> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_only_for_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        let made = load_or_create(&path).unwrap();
        assert_eq!(load_or_create(&path).unwrap(), made);
        assert_eq!(load(&path).unwrap(), made);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            1,
            "nothing else is left behind"
        );
    }

    #[test]
    fn a_secret_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        load_or_create(&path).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = load_or_create(&path).unwrap_err();
            assert!(matches!(refused, VaultError::Exposed { mode: found, .. } if found == mode));
            assert!(refused.to_string().contains("chmod 600"), "{refused}");
        }
    }

    #[test]
    fn a_file_of_another_length_is_no_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        write_new(&path, b"too short").unwrap();
        assert!(matches!(load(&path), Err(VaultError::NotAKey { .. })));
    }
}
