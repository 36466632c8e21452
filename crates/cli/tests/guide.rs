//! The guide "Connect your database in ten minutes", pasted as it stands.
#![allow(
    clippy::disallowed_methods,
    reason = "the shell of the guide needs the path of whoever runs the tests"
)]

use std::process::Command;

use habeas_testkit::postgres::{Database, Programs};

const GUIDE: &str = include_str!("../../../docs/connect-a-database.md");

/// The blocks of code in their order: what they are in, and their text.
fn blocks() -> Vec<(&'static str, &'static str)> {
    GUIDE
        .split("```")
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').expect("a block names its language"))
        .collect()
}

#[test]
fn the_guide_works_when_it_is_pasted() {
    let database = Database::fresh();
    let folder = tempfile::tempdir().unwrap();
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_habeas"));
    let programs = Programs::find().unwrap();
    let path = format!(
        "{}:{}:{}",
        binary.parent().unwrap().display(),
        programs.folder().display(),
        std::env::var("PATH").unwrap()
    );
    let (mut said, mut run) = (String::new(), 0);
    for (language, text) in blocks() {
        if language == "text" {
            for line in text.lines() {
                assert!(said.contains(line), "not said: {line}\nsaid:\n{said}");
            }
            continue;
        }
        assert_eq!(language, "sh");
        let output = Command::new("sh")
            .args(["-e", "-c", text])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("SHOP_URL", database.url())
            .env_remove("HABEAS_CONFIG")
            .env_remove("RUST_LOG")
            .output()
            .unwrap();
        said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}\n{said}{complaint}");
        run += 1;
    }
    assert_eq!(run, 9, "every command was run");
}
