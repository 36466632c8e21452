//! Where the PostgreSQL programs are, and who may run them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::ENV;
use crate::private::{NotInstalled, folders};

/// The folder that holds `initdb`, `pg_ctl` and `psql`.
#[derive(Debug, Clone)]
pub struct Programs(PathBuf);

const MISSING: NotInstalled = NotInstalled {
    server: "PostgreSQL",
    programs: "initdb, pg_ctl, psql",
    package: "postgresql",
    variable: ENV,
};

impl Programs {
    /// Looks on PATH, then where Debian keeps them (off PATH, by version): the newest wins.
    pub fn find() -> Result<Programs, NotInstalled> {
        let mut debian: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let version = entry.file_name().to_str()?.parse().ok()?;
                Some((version, entry.path().join("bin")))
            })
            .collect();
        debian.sort();
        folders(debian.into_iter().rev().map(|(_, folder)| folder))
            .into_iter()
            .find(|folder| {
                ["initdb", "pg_ctl", "psql"]
                    .iter()
                    .all(|name| folder.join(name).is_file())
            })
            .map(Programs)
            .ok_or(MISSING)
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    pub(crate) fn psql(&self) -> Command {
        Command::new(self.0.join("psql"))
    }
}

/// The user that runs the server: PostgreSQL refuses to run as root.
pub(crate) struct Unprivileged {
    pub uid: u32,
    pub gid: u32,
}

impl Unprivileged {
    /// `None` when this process is not root and may run the server itself.
    pub fn needed() -> Option<Unprivileged> {
        if id(&["-u"])? != 0 {
            return None;
        }
        ["postgres", "nobody"].iter().find_map(|name| {
            Some(Unprivileged {
                uid: id(&["-u", name])?,
                gid: id(&["-g", name])?,
            })
        })
    }
}

fn id(args: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(args).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
