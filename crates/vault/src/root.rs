//! The root key of an installation. It seals nothing itself: each use has a key derived from it.

use std::{fmt, path::Path};

use zeroize::Zeroizing;

use crate::{
    VaultError,
    aead::{self, KEY, KeyBytes},
    key_file,
};

/// What the derived keys are for. A label never changes its meaning.
pub(crate) mod label {
    pub const WRAP: &[u8] = b"habeas root: wrap data keys";
    pub const SECRETS: &[u8] = b"habeas root: seal secrets of the installation";
    pub const BLIND_INDEX: &[u8] = b"habeas root: blind index";
    pub const INSTALLATION: &[u8] = b"habeas root: installation id";
}

/// The key that every other key hangs on. Losing the file means losing all that was sealed.
#[derive(Clone)]
pub struct RootKey(KeyBytes);

impl RootKey {
    /// Reads the key from a file that only its owner may read.
    ///
    /// # Errors
    /// As [`key_file::load`].
    pub fn load(path: &Path) -> Result<Self, VaultError> {
        key_file::load(path).map(Self)
    }

    /// Reads the key, or makes one where there is none yet.
    ///
    /// # Errors
    /// As [`key_file::load_or_create`].
    pub fn load_or_create(path: &Path) -> Result<Self, VaultError> {
        key_file::load_or_create(path).map(Self)
    }

    /// A key from elsewhere, such as a credential store.
    pub fn from_bytes(bytes: [u8; KEY]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Seals a small secret of the installation (not of a request: see [`crate::DataKey`]).
    ///
    /// # Errors
    /// Only when the system has no random numbers.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        aead::seal(&self.derive(label::SECRETS), &self.context(purpose), plain)
    }

    /// Opens what [`RootKey::seal`] made for the same purpose.
    ///
    /// # Errors
    /// [`VaultError::Unopenable`] for any other key, purpose or content.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        aead::open(&self.derive(label::SECRETS), &self.context(purpose), sealed)
    }

    /// Names this installation without telling anything about the key. It is part of everything
    /// that is sealed here.
    pub fn installation(&self) -> [u8; KEY] {
        *self.derive(label::INSTALLATION)
    }

    pub(crate) fn derive(&self, label: &[u8]) -> KeyBytes {
        aead::derive(&self.0, b"", label)
    }

    fn context(&self, purpose: &str) -> Vec<u8> {
        aead::context(&[&self.installation(), purpose.as_bytes()])
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey([secret])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_under_its_own_key_and_purpose_only() {
        let root = RootKey::from_bytes([7; KEY]);
        let sealed = root.seal("smtp password", b"hunter2").unwrap();
        assert_eq!(
            root.open("smtp password", &sealed).unwrap().as_slice(),
            b"hunter2"
        );
        assert!(matches!(
            root.open("session", &sealed),
            Err(VaultError::Unopenable)
        ));
        let other = RootKey::from_bytes([8; KEY]);
        assert!(matches!(
            other.open("smtp password", &sealed),
            Err(VaultError::Unopenable)
        ));
        assert_ne!(
            root.seal("smtp password", b"hunter2").unwrap(),
            sealed,
            "nonces are random"
        );
    }

    #[test]
    fn a_key_never_prints() {
        assert_eq!(
            format!("{:?}", RootKey::from_bytes([7; KEY])),
            "RootKey([secret])"
        );
    }
}
