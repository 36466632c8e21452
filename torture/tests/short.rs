//! A short run on each backend: one pass of the scenarios that need the least time. The whole is
//! `cargo xtask torture`.

mod common;

use std::process::Command;

/// Chosen once, so that a failure here is the same on every machine, as far as choices go.
const SEED: &str = "1";

fn plays(backend: &str, scenarios: &[u8]) {
    let habeas = common::habeas();
    let torture = common::torture();
    // A disk can be filled where this is allowed; elsewhere the table says that it was not.
    let alone = ["--mount", "--propagation", "private"];
    let may_mount = Command::new("unshare").args(alone).arg("true").output();
    let may_mount = may_mount.is_ok_and(|output| output.status.success());
    let mut command = if may_mount {
        let mut command = Command::new("unshare");
        command.args(alone).arg(torture).arg("--may-mount");
        command
    } else {
        Command::new(torture)
    };
    command
        .args(["--seed", SEED, "--backend", backend, "--habeas"])
        .arg(habeas);
    for scenario in scenarios {
        command.args(["--scenario", &scenario.to_string()]);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(told.matches(backend).count(), scenarios.len(), "{told}");
}

#[test]
fn on_sqlite_nothing_is_violated() {
    plays("sqlite", &[1, 3, 7, 9, 11, 12]);
}

#[test]
fn on_postgres_nothing_is_violated() {
    plays("postgres", &[1, 3, 4, 5, 9, 11]);
}

#[test]
fn a_program_that_is_not_habeas_does_not_pass() {
    let output = Command::new(common::torture())
        .args([
            "--seed",
            SEED,
            "--backend",
            "sqlite",
            "--scenario",
            "11",
            "--habeas",
            "/bin/true",
        ])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("broke off"), "{told}");
}
