//! The vault as callers see it. Where the bytes lie is a [`Place`]; what they are is `stream`.

use std::{
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use crate::{
    BlobName, DataKey, Names, Place, SealedReader, SealedWriter, VaultError, folder::Folder,
};

/// A place for sealed blobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Vault {
    place: Arc<dyn Place>,
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
        Ok(Self::at(Folder::open(dir.into())?))
    }

    /// Blobs in a place of another kind.
    pub fn at(place: impl Place + 'static) -> Self {
        Self {
            place: Arc::new(place),
        }
    }

    /// Begins a blob. It becomes visible with [`SealedWriter::finish`], in the place of an older one
    /// of the same name; a writer that is dropped leaves nothing.
    ///
    /// # Errors
    /// When the place cannot take it.
    pub fn create(
        &self,
        key: &DataKey,
        name: &BlobName,
        purpose: &str,
    ) -> Result<SealedWriter, VaultError> {
        SealedWriter::begin(self.place.draft(name)?, key, name, purpose)
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
        SealedReader::begin(self.place.read(name)?, key, name, purpose)
    }

    /// # Errors
    /// When the place cannot tell.
    pub fn exists(&self, name: &BlobName) -> Result<bool, VaultError> {
        self.place.exists(name)
    }

    /// Deletes a blob; nothing happens where there is none.
    ///
    /// # Errors
    /// When it may still be there.
    pub fn delete(&self, name: &BlobName) -> Result<(), VaultError> {
        self.place.delete(name)
    }

    /// Deletes a blob and all blobs below it: `req/1` takes `req/1/a` and leaves `req/12`.
    ///
    /// # Errors
    /// When some may still be there.
    pub fn delete_prefix(&self, prefix: &BlobName) -> Result<(), VaultError> {
        self.place.delete_prefix(prefix)
    }

    /// The blob of this name and all blobs below it, in no order, fetched as they are asked for.
    ///
    /// # Errors
    /// When the place cannot be listed. An error in the middle ends the list.
    pub fn list(&self, prefix: &BlobName) -> Result<Names<'_>, VaultError> {
        self.place.list(prefix)
    }

    /// Removes what killed processes left unfinished and that was last touched before this instant.
    /// Gives how many were removed, or `None` when the place cannot list them. Choose an instant
    /// well before now: what is being written is unfinished, too.
    ///
    /// # Errors
    /// When some of what was found may still be there.
    pub fn sweep(&self, before: SystemTime) -> Result<Option<u64>, VaultError> {
        self.place.sweep(before)
    }

    /// Tries all that the vault will need: writes a small blob of this name, finds it, reads it and
    /// deletes it.
    ///
    /// # Errors
    /// When one of them does not work. The small blob may then stay behind.
    pub fn probe(&self, name: &BlobName) -> Result<(), VaultError> {
        const BYTES: &[u8] = b"a probe, which may be deleted";
        let failed = |error| VaultError::io("probe", name.as_str())(error);
        let lost = || failed(io::Error::other("what was written is not what is there"));
        let mut draft = self.place.draft(name)?;
        draft.write_all(BYTES).map_err(failed)?;
        draft.publish()?;
        let mut read = Vec::new();
        self.place
            .read(name)?
            .take(1024)
            .read_to_end(&mut read)
            .map_err(failed)?;
        let listed = self.place.list(name)?.collect::<Result<Vec<_>, _>>()?;
        if read != BYTES || listed != [name.clone()] {
            return Err(lost());
        }
        self.place.delete(name)?;
        if self.place.exists(name)? {
            return Err(lost());
        }
        Ok(())
    }
}
