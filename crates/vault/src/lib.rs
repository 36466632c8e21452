//! Sealed values and sealed blobs: keys, shredding, and streams that open only where they belong.
//!
//! ```text
//! root key (file, 0600) ─┬─ wraps one data key per request (a file each; destroy it, and all that
//!                        │  it sealed is unreadable)
//!                        ├─ seals small secrets of the installation
//!                        └─ keys the blind index (exact search over sealed identifiers)
//! ```
//!
//! Sealed blobs lie in a folder, or in another [`Place`]; [`conformance`] holds the tests that every
//! place runs.
//!
//! It knows nothing of why a blob exists, who asked for it or when it must go. Every call blocks:
//! callers on an async runtime use a blocking thread. Nothing here is logged.

mod aead;
mod blind;
mod blob;
pub mod conformance;
mod error;
mod folder;
pub mod key_file;
mod keyring;
mod name;
mod place;
mod root;
mod stream;
mod walk;

pub use blind::BlindIndex;
pub use blob::{BlobRef, Vault};
pub use error::VaultError;
pub use keyring::{DataKey, Keyring};
pub use name::{BadName, BlobName};
pub use place::{Draft, Names, Place, Trouble};
pub use root::RootKey;
pub use stream::{SealedReader, SealedWriter};
