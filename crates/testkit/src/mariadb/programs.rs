//! Where the MariaDB programs are.

use std::path::{Path, PathBuf};

use super::ENV;
use crate::private::{NotInstalled, folders};

/// `mariadbd`, `mariadb-install-db` and `mariadb`.
#[derive(Debug, Clone)]
pub struct Programs {
    server: PathBuf,
    install: PathBuf,
    client: PathBuf,
}

const MISSING: NotInstalled = NotInstalled {
    server: "MariaDB",
    programs: "mariadbd, mariadb-install-db, mariadb",
    package: "mariadb-server",
    variable: ENV,
};

impl Programs {
    /// Looks on PATH, then where Debian keeps the server (off the PATH of most users).
    pub fn find() -> Result<Programs, NotInstalled> {
        let folders = folders(["/usr/sbin", "/usr/bin"].map(PathBuf::from));
        let find = |name: &str| {
            let mut places = folders.iter().map(|folder| folder.join(name));
            places.find(|program| program.is_file()).ok_or(MISSING)
        };
        Ok(Programs {
            server: find("mariadbd")?,
            install: find("mariadb-install-db")?,
            client: find("mariadb")?,
        })
    }

    pub(crate) fn server(&self) -> &Path {
        &self.server
    }

    pub(crate) fn install(&self) -> &Path {
        &self.install
    }

    pub(crate) fn client(&self) -> &Path {
        &self.client
    }
}
