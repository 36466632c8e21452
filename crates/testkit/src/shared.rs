//! The reference data that some tests measure us against: real schemas, too large and not ours to
//! keep in the repository. A test without them says that it was left out and passes.

use std::path::{Path, PathBuf};

/// The file at `path` below the reference folder (`shared/data/pagila/README.md` is
/// `pagila/README.md`), or `None` where the folder is not there.
///
/// The folder is `HABEAS_SHARED_DATA`, else `shared/data` beside the workspace.
pub fn data(path: impl AsRef<Path>) -> Option<PathBuf> {
    let folder = match std::env::var_os("HABEAS_SHARED_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(3)?
            .join("shared/data"),
    };
    let file = folder.join(path);
    file.exists().then_some(file)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_that_is_not_there_is_none() {
        assert_eq!(super::data("nothing/of/this/name.sql"), None);
    }
}
