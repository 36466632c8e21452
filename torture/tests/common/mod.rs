//! Where the programs are that the tests run.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The program that is tested. A run of all tests has built it; a run of these alone may not have.
pub fn habeas() -> PathBuf {
    let path = torture().with_file_name("habeas");
    if !path.is_file() {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--package", "habeas-cli"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(
            built.is_ok_and(|built| built.success()),
            "habeas cannot be built"
        );
    }
    path
}

pub fn torture() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_torture"))
}
