//! What can go wrong, and who acts next. Paths and ids only: never a value.

use std::{io, path::PathBuf};

use uuid::Uuid;

use crate::{BadName, BlobName, Trouble};

/// Why a key or a blob could not be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// An operator has to tighten the permissions, or replace a key that others may have read.
    #[error(
        "key file {path} can be read by others (mode {mode:o}); make it readable by its owner only (chmod 600)"
    )]
    Exposed { path: PathBuf, mode: u32 },
    /// The file is there, but it is no key.
    #[error("key file {path} does not hold {expected} bytes")]
    NotAKey { path: PathBuf, expected: usize },
    /// The key was destroyed, or never made. What it sealed cannot be read again.
    #[error("data key {id} does not exist")]
    NoKey { id: Uuid },
    #[error("blob {name} does not exist")]
    NoBlob { name: BlobName },
    /// One answer for every reason, so that nothing can be learnt from the difference.
    #[error("sealed data does not open: wrong key, wrong purpose, or changed since it was sealed")]
    Unopenable,
    #[error(transparent)]
    BadName(#[from] BadName),
    /// The disk, the operating system or the place of blobs refused; [`VaultError::trouble`] tells
    /// who acts next.
    #[error("cannot {doing} {path}")]
    Io {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The system has no random numbers to give.
    #[error("no randomness from the operating system")]
    NoRandomness(#[source] getrandom::Error),
}

impl VaultError {
    /// Who acts next when a place failed; `None` when it did what it was asked, and the answer is no.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Io { source, .. } => Some(Trouble::of(source.kind())),
            Self::NoRandomness(_) => Some(Trouble::Transient),
            Self::Exposed { .. }
            | Self::NotAKey { .. }
            | Self::NoKey { .. }
            | Self::NoBlob { .. }
            | Self::Unopenable
            | Self::BadName(_) => None,
        }
    }

    /// For `map_err`: says what was being done, and to which file or blob.
    pub fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> VaultError {
        let path = path.into();
        move |source| VaultError::Io {
            doing,
            path,
            source,
        }
    }
}
