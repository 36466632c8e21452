//! A PostgreSQL server that is as durable as in production and is stopped in the middle of things.
//! The shared test server is neither.

use std::{
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt as _},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use habeas_testkit::postgres::Programs;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

/// Stopped, with all that was in it, when dropped.
#[derive(Debug)]
pub struct Cluster {
    /// Directly below `/tmp`: the path of a Unix socket has to fit into 107 bytes.
    folder: TempDir,
    programs: PathBuf,
    /// PostgreSQL refuses to run as root.
    user: Option<(u32, u32)>,
    port: u16,
    password: String,
}

impl Cluster {
    /// Makes and starts one; some seconds.
    pub async fn start() -> anyhow::Result<Cluster> {
        spawn_blocking(Cluster::make).await?
    }

    /// `postgres://…` of its maintenance database, as a superuser.
    pub fn url(&self) -> String {
        let (password, port) = (&self.password, self.port);
        format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres")
    }

    /// Stops it as a power cut does and starts it again. The processes that were connected find out
    /// by themselves.
    pub async fn crash(self) -> anyhow::Result<Cluster> {
        spawn_blocking(move || {
            self.control(&["stop", "-m", "immediate"])?;
            self.run()?;
            Ok(self)
        })
        .await?
    }

    fn make() -> anyhow::Result<Cluster> {
        let folder = tempfile::Builder::new()
            .prefix("habeas-torture-")
            .tempdir_in("/tmp")?;
        let mut secret = [0; 16];
        std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut secret)?;
        let cluster = Cluster {
            programs: Programs::find()?.folder().to_owned(),
            user: unprivileged(),
            port: TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port(),
            password: secret.iter().map(|byte| format!("{byte:02x}")).collect(),
            folder,
        };
        let password = cluster.folder.path().join("password");
        std::fs::write(&password, &cluster.password)?;
        if let Some((uid, gid)) = cluster.user {
            for path in [cluster.folder.path(), password.as_path()] {
                chown(path, Some(uid), Some(gid))?;
            }
        }
        let mut init = cluster.program("initdb");
        init.args([
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ])
        .arg("-D")
        .arg(cluster.data())
        .arg("--pwfile")
        .arg(&password);
        ensure!(init.status()?.success(), "initdb failed");
        cluster.run()?;
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self) -> anyhow::Result<()> {
        let (port, folder) = (self.port, self.folder.path().display());
        // Everything that durability rests on stays as PostgreSQL has it.
        let options =
            format!("-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=100");
        let log = self.folder.path().join("log");
        let log = log
            .to_str()
            .context("a temporary folder has a plain name")?;
        self.control(&["start", "-w", "-t", "60", "-l", log, "-o", &options])
    }

    fn control(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = self.program("pg_ctl");
        command.args(arguments).arg("-D").arg(self.data());
        ensure!(
            command.status()?.success(),
            "pg_ctl {} failed",
            arguments[0]
        );
        Ok(())
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command
            .current_dir(self.folder.path())
            // A Ctrl-C on the terminal is for us; the server ends after us.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may be stopped already, or was never started.
        let _ = self.control(&["stop", "-m", "immediate"]);
    }
}

/// User and group to run the server as, when this process is root.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"])? != 0 {
        return None;
    }
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
}
