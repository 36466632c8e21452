//! Where the MariaDB programs are.

use std::path::{Path, PathBuf};

/// `mariadbd`, `mariadb-install-db` and `mariadb`.
#[derive(Debug, Clone)]
pub struct Programs {
    server: PathBuf,
    install: PathBuf,
    client: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "these tests need the MariaDB server programs (mariadbd, mariadb-install-db, mariadb); install \
     them with `apt-get install mariadb-server`, put their folders on PATH, or name a running \
     server in HABEAS_TEST_MARIADB"
)]
pub struct NotInstalled;

impl Programs {
    /// Looks on PATH, then where Debian keeps the server (off the PATH of most users).
    pub fn find() -> Result<Programs, NotInstalled> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(&path)
            .chain(["/usr/sbin", "/usr/bin"].map(PathBuf::from))
            .collect();
        let find = |name: &str| {
            let mut places = folders.iter().map(|folder| folder.join(name));
            places.find(|program| program.is_file()).ok_or(NotInstalled)
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
