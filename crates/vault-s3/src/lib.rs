//! The vault in a bucket of S3, or of a server that speaks its API, so that workers on several
//! machines share their blobs.
//!
//! Each blob is one object; its key is the prefix and the blob's name. Names carry the epoch of the
//! lease under which they were written, so a worker that lost its lease writes beside its successor
//! and never over it. Nothing here relies on conditional requests, on the bucket's versions or on the
//! server's checksums: what is read is proven by the sealed stream.
//!
//! It deliberately makes no bucket, reads no environment and knows no credentials but those it is
//! given. Every call blocks: callers on an async runtime use a blocking thread.

mod bucket;
mod draft;
mod fault;
mod place;
mod read;
mod settings;
mod wait;

use habeas_vault::Vault;

pub use settings::{Patience, Settings};

/// A vault in a bucket. Connects to nothing yet; [`Vault::probe`] tells whether it can be used.
///
/// # Errors
/// When the thread that serves its connections cannot be started.
pub fn open(settings: Settings) -> std::io::Result<Vault> {
    Ok(Vault::at(place::S3::open(settings)?))
}
