//! The zip file, byte by byte. Writer and verifier share one layout: the writer puts these bytes out,
//! the verifier makes them again and compares, so that nothing can hide between the files.
//!
//! It is written here, and not by a general zip library, because every header byte has to be the same
//! for as long as packages are checked. It reads with any zip tool.

mod bytes;
mod layout;
mod read;
mod write;

pub(crate) use read::{Archive, Flaw};
pub(crate) use write::ArchiveWriter;

/// More files than any honest package has. The writer refuses as well.
pub(crate) const MAX_ENTRIES: usize = 10_000;
const MAX_NAME: usize = 300;
