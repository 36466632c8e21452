//! Benchmarks: built for release and run, with what they print left as it is.

use std::{path::Path, process::Command};

use anyhow::Context as _;

pub fn run(root: &Path, args: &[String]) -> anyhow::Result<bool> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root)
        .args([
            "run",
            "--release",
            "--locked",
            "--package",
            "habeas-benches",
            "--",
        ])
        .args(args)
        .status()
        .context("cargo cannot be run")?;
    Ok(status.success())
}
