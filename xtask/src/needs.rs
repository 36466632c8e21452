//! What the tests need from the system, installed where that is allowed, and named where it is not.

use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use habeas_testkit::{mariadb, postgres};

/// Makes sure that PostgreSQL's programs are there.
pub fn provide_postgres() -> anyhow::Result<()> {
    provide("postgresql", || Ok(postgres::Programs::find().map(drop)?))
}

/// Makes sure that MariaDB's programs are there.
pub fn provide_mariadb() -> anyhow::Result<()> {
    provide(
        "mariadb-server",
        || Ok(mariadb::Programs::find().map(drop)?),
    )
}

/// Installs a Debian package, unless what it brings is there. There are no more than these two:
/// everything else comes with Rust and a C compiler.
fn provide(package: &str, find: impl Fn() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let Err(missing) = find() else {
        return Ok(());
    };
    let Some(apt) = apt_get() else {
        bail!("{missing}")
    };
    println!("installing the package {package}");
    for args in [
        &["update", "-q"][..],
        &["install", "-q", "-y", "--no-install-recommends", package],
    ] {
        let status = Command::new(apt[0])
            .args(&apt[1..])
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .status()
            .context("apt-get does not run")?;
        if !status.success() {
            bail!("apt-get {} failed; {missing}", args[0]);
        }
    }
    find()
}

/// How to call apt-get as root without being asked for a password, if there is a way.
fn apt_get() -> Option<&'static [&'static str]> {
    let ways: [&[&str]; 2] = [&["apt-get"], &["sudo", "-n", "apt-get"]];
    let root = output(&["id", "-u"])? == "0";
    let way = if root { ways[0] } else { ways[1] };
    output(&[way, &["--version"]].concat()).map(|_| way)
}

fn output(command: &[&str]) -> Option<String> {
    let output = Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
