//! Why a package could not be written. Names of stores and collections only: never a value.

use std::io;

/// Why a package could not be written. Nothing that was written so far may be delivered.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It names the folder inside the package, so it has to be plain.
    #[error(
        "a reference is 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-', and begins with a letter or digit"
    )]
    BadReference,
    /// The output refused.
    #[error("cannot write the package")]
    Write(#[from] io::Error),
    /// The records could not be read (or not a second time).
    #[error("cannot read the records of {store}/{collection}")]
    Records {
        store: String,
        collection: String,
        #[source]
        source: io::Error,
    },
    /// Records are read once for each form; both must tell the same.
    #[error("{store}/{collection} gave {first} records first and {second} when read again")]
    CountChanged {
        store: String,
        collection: String,
        first: u64,
        second: u64,
    },
    #[error("{store}/{collection} has more than {limit} fields")]
    TooManyFields {
        store: String,
        collection: String,
        limit: usize,
    },
    #[error("a package holds at most {limit} files")]
    TooManyFiles { limit: usize },
    /// The receipt may claim neither more nor less than the package holds.
    #[error(
        "the receipt says {claimed} exported records of {store}/{collection}, the package holds {written}"
    )]
    ClaimDiffers {
        store: String,
        collection: String,
        claimed: u64,
        written: u64,
    },
    #[error("the receipt is about request {found}, the package about {expected}")]
    OtherRequest { expected: String, found: String },
    #[error("cannot write the receipt as text")]
    Receipt(#[source] serde_json::Error),
}
