//! The torture of Habeas: built and run with what it prints left as it is. Where it is allowed, in a
//! mount namespace of its own, so that a disk can be full.

use std::{path::Path, process::Command};

use anyhow::Context as _;

use crate::needs;

pub fn run(root: &Path, args: &[String]) -> anyhow::Result<bool> {
    needs::provide_postgres()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = [
        "build",
        "--locked",
        "--package",
        "habeas-cli",
        "--package",
        "habeas-torture",
    ];
    let built = Command::new(&cargo).current_dir(root).args(build).status();
    if !built.context("cargo cannot be run")?.success() {
        return Ok(false);
    }
    let run = ["run", "--locked", "--package", "habeas-torture", "--"];
    let mut command = match namespace() {
        Some(unshare) => {
            let mut command = unshare;
            command.arg(cargo).args(run).arg("--may-mount");
            command
        }
        None => {
            let mut command = Command::new(cargo);
            command.args(run);
            command
        }
    };
    let status = command.current_dir(root).args(args).status();
    Ok(status.context("the torture cannot be run")?.success())
}

/// How to run something where its mounts are its own, if there is a way.
fn namespace() -> Option<Command> {
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private"]);
        command
    };
    let allowed = unshare().arg("true").output();
    allowed
        .is_ok_and(|output| output.status.success())
        .then(unshare)
}
