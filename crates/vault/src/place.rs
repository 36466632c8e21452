//! The contract of a place: where sealed bytes lie. A folder is one (`folder`), others live in
//! crates of their own, and [`crate::conformance`] tests any of them.
//!
//! A place sees ciphertext and names, never plaintext or keys, and need not be trusted with more
//! than not losing them: what it gives back is checked by the sealed stream.

use std::{fmt, io, time::SystemTime};

use crate::{BlobName, VaultError};

/// Where sealed bytes lie. Every call blocks.
pub trait Place: fmt::Debug + Send + Sync {
    /// Begins a blob that nobody can see yet.
    ///
    /// # Errors
    /// When the place cannot take it.
    fn draft(&self, name: &BlobName) -> Result<Box<dyn Draft>, VaultError>;

    /// # Errors
    /// [`VaultError::NoBlob`] where there is none.
    fn read(&self, name: &BlobName) -> Result<Box<dyn io::Read + Send>, VaultError>;

    /// # Errors
    /// When the place cannot tell.
    fn exists(&self, name: &BlobName) -> Result<bool, VaultError>;

    /// Deletes a blob; nothing happens where there is none.
    ///
    /// # Errors
    /// When it may still be there.
    fn delete(&self, name: &BlobName) -> Result<(), VaultError>;

    /// Deletes a blob and all blobs below it.
    ///
    /// # Errors
    /// When some may still be there.
    fn delete_prefix(&self, prefix: &BlobName) -> Result<(), VaultError>;

    /// The blob and all blobs below it, in no order, fetched as they are asked for.
    ///
    /// # Errors
    /// When the place cannot be listed. An error in the middle ends the list.
    fn list(&self, prefix: &BlobName) -> Result<Names<'_>, VaultError>;

    /// Removes what killed processes left unfinished and that was last touched before this instant.
    /// Gives how many were removed, or `None` when the place cannot list them.
    ///
    /// # Errors
    /// When some of what was found may still be there.
    fn sweep(&self, before: SystemTime) -> Result<Option<u64>, VaultError>;
}

/// Names as they are found.
pub type Names<'a> = Box<dyn Iterator<Item = Result<BlobName, VaultError>> + Send + 'a>;

/// A blob that nobody can see yet. Dropping it leaves nothing, as far as the place can be reached.
pub trait Draft: Send {
    /// # Errors
    /// When the bytes are not kept; then the blob has a hole, and must not be published.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes it visible, complete and durable, in the place of any older blob of that name.
    ///
    /// # Errors
    /// When it is not sure to be there whole. It is never there in part.
    fn publish(self: Box<Self>) -> Result<(), VaultError>;
}

/// What kind of failure a place met, and so who acts next. An [`io::Error`] of a place carries it
/// as its kind, so that it survives every reader and writer on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The same call may succeed later.
    Transient,
    /// The place does not let us in: an operator mends credentials or permissions.
    Auth,
    /// There is no room: an operator makes some.
    Capacity,
    /// The same call would fail again: a setting is wrong, or the place cannot do it.
    Permanent,
}

impl Trouble {
    /// The kind that stands for this trouble. None of them is one that readers and writers of the
    /// standard library try again by themselves.
    pub fn kind(self) -> io::ErrorKind {
        match self {
            Self::Transient => io::ErrorKind::ResourceBusy,
            Self::Auth => io::ErrorKind::PermissionDenied,
            Self::Capacity => io::ErrorKind::StorageFull,
            Self::Permanent => io::ErrorKind::Unsupported,
        }
    }

    /// The trouble that a kind stands for. What is not known to be anybody's turn may pass.
    pub fn of(kind: io::ErrorKind) -> Self {
        use io::ErrorKind as Kind;
        match kind {
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Self::Auth,
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => Self::Capacity,
            Kind::Unsupported
            | Kind::AlreadyExists
            | Kind::InvalidInput
            | Kind::InvalidData
            | Kind::InvalidFilename
            | Kind::IsADirectory
            | Kind::NotADirectory
            | Kind::NotFound => Self::Permanent,
            _ => Self::Transient,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_survives_as_the_kind_of_an_error() {
        for trouble in [
            Trouble::Transient,
            Trouble::Auth,
            Trouble::Capacity,
            Trouble::Permanent,
        ] {
            assert_eq!(Trouble::of(trouble.kind()), trouble);
            assert_ne!(trouble.kind(), io::ErrorKind::Interrupted);
        }
    }
}
