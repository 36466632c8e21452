//! The vault as callers see it. Where the bytes lie is a [`Backend`]; what they are is `stream`.

use std::{fmt, io, path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{BlobName, DataKey, SealedReader, SealedWriter, VaultError, folder::Folder};

/// Where sealed bytes lie. It sees ciphertext and names only.
pub(crate) trait Backend: fmt::Debug + Send + Sync {
    fn draft(&self, name: &BlobName) -> Result<Box<dyn Draft>, VaultError>;
    fn read(&self, name: &BlobName) -> Result<Box<dyn io::Read + Send>, VaultError>;
    fn exists(&self, name: &BlobName) -> Result<bool, VaultError>;
    fn delete(&self, name: &BlobName) -> Result<(), VaultError>;
    fn delete_prefix(&self, prefix: &BlobName) -> Result<(), VaultError>;
}

/// A blob that nobody can see yet. Dropping it leaves nothing.
pub(crate) trait Draft: Send {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes it visible, complete and durable, in the place of any older blob of that name.
    fn publish(self: Box<Self>) -> Result<(), VaultError>;
}

/// A place for sealed blobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Vault {
    backend: Arc<dyn Backend>,
}

/// What was sealed: enough to find the blob again and to know that it is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    pub name: BlobName,
    /// SHA-256 of the plaintext, in lower-case hex.
    pub sha256: String,
    /// Length of the plaintext in bytes.
    pub bytes: u64,
}

impl Vault {
    /// Blobs as files below a folder, which is made where there is none.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn folder(dir: impl Into<PathBuf>) -> Result<Self, VaultError> {
        Ok(Self {
            backend: Arc::new(Folder::open(dir.into())?),
        })
    }

    /// Begins a blob. It becomes visible with [`SealedWriter::finish`], in the place of an older one
    /// of the same name; a writer that is dropped leaves nothing.
    ///
    /// # Errors
    /// When the backend cannot take it.
    pub fn create(
        &self,
        key: &DataKey,
        name: &BlobName,
        purpose: &str,
    ) -> Result<SealedWriter, VaultError> {
        SealedWriter::begin(self.backend.draft(name)?, key, name, purpose)
    }

    /// Opens a blob that was created with the same key, name and purpose. With any other, or when
    /// one byte was changed, added, cut or moved, reading ends in an error and never in a silent end
    /// of file: what was read is whole only once `read` has returned 0.
    ///
    /// # Errors
    /// [`VaultError::NoBlob`] where there is none.
    pub fn open(
        &self,
        key: &DataKey,
        name: &BlobName,
        purpose: &str,
    ) -> Result<SealedReader, VaultError> {
        SealedReader::begin(self.backend.read(name)?, key, name, purpose)
    }

    /// # Errors
    /// When the backend cannot tell.
    pub fn exists(&self, name: &BlobName) -> Result<bool, VaultError> {
        self.backend.exists(name)
    }

    /// Deletes a blob; nothing happens where there is none.
    ///
    /// # Errors
    /// When it may still be there.
    pub fn delete(&self, name: &BlobName) -> Result<(), VaultError> {
        self.backend.delete(name)
    }

    /// Deletes a blob and all blobs below it: `req/1` takes `req/1/a` and leaves `req/12`.
    ///
    /// # Errors
    /// When some may still be there.
    pub fn delete_prefix(&self, prefix: &BlobName) -> Result<(), VaultError> {
        self.backend.delete_prefix(prefix)
    }
}
