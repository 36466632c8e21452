//! What a person is handed, and how anyone can check it: packages (access) and receipts (erasure,
//! opt-out), written as a stream, signed, and verified offline.
//!
//! Both are one zip file in BagIt layout (RFC 8493), in this order:
//!
//! ```text
//! <reference>/data/<store>/<collection>.{json,csv,html}   what was found (a package)
//! <reference>/data/summary.csv          what was done, one line for each store and collection
//! <reference>/manifest-sha256.txt       the files above: `sha256sum -c manifest-sha256.txt`
//! <reference>/bagit.txt, bag-info.txt   labels for BagIt tools
//! <reference>/index.html                the page to begin with; opens offline, without script
//! <reference>/receipt.json              the statement, and the SHA-256 of every byte before it
//! <reference>/receipt.note              the same to read, signed, naming the SHA-256 of receipt.json
//! <reference>/keys.txt                  the key that signed
//! <reference>/tagmanifest-sha256.txt    the files that are not data
//! ```
//!
//! The signature covers the note, the note covers the receipt, the receipt covers all that comes
//! before it, and every other byte of the file is determined by these: so no byte can change unseen.
//!
//! There is no network, no database, no file system and no clock here: everything works on `Read`,
//! `Write` and values, so that the verifier also fits into a browser.

mod archive;
mod bag;
mod digest;
mod error;
mod form;
mod note;
mod package;
mod page;
mod receipt;
mod record;
mod summary;
mod verify;

pub use error::PackageError;
pub use note::{BadKey, BadNote, Signer, VerifierKey};
pub use package::{About, PackageWriter, Summary};
pub use receipt::{CollectionReceipt, Contents, Receipt, StoreReceipt};
pub use record::{CollectionInfo, FieldInfo, Record, Records};
pub use verify::{Check, Report, verify};
