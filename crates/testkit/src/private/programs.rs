//! Where the programs of a database server are.

use std::path::PathBuf;

/// A server that is not on this machine, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "these tests need the {server} server programs ({programs}); install them with \
     `apt-get install {package}`, put their folder on PATH, or name a running server in {variable}"
)]
pub struct NotInstalled {
    pub(crate) server: &'static str,
    /// As they are listed in a sentence.
    pub(crate) programs: &'static str,
    /// Of Debian.
    pub(crate) package: &'static str,
    pub(crate) variable: &'static str,
}

/// The folders of PATH, then `more`: Debian keeps servers off the PATH of most users.
pub(crate) fn folders(more: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain(more).collect()
}
