//! A database server that lives as long as the process that asked for it, and no longer, however
//! that process ends.
//!
//! A shell script owns the server and holds the reading end of a pipe whose writing end is ours.
//! When we end, by return, panic or kill, the kernel closes the pipe and the script cleans up. What
//! the script runs is for the modules of the databases to say; this one knows none of them.

mod programs;
#[cfg(test)]
pub(crate) mod stories;

use std::{
    io::{self, BufRead, BufReader, Read},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
};

pub use programs::NotInstalled;
pub(crate) use programs::folders;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    NotInstalled(#[from] NotInstalled),
    #[error("a private test server could not be set up")]
    Setup(#[from] io::Error),
    #[error("a private test server did not start: {0}")]
    Failed(String),
}

/// What a server is started with.
pub(crate) struct Place {
    /// Its own, removed by the script. Directly below `/tmp`: the path of a Unix socket has to fit
    /// into 107 bytes.
    pub folder: PathBuf,
    /// On loopback, and free a moment ago.
    pub port: u16,
    /// Not to be left out: on a shared machine the port is open to every user of it.
    pub password: String,
}

/// A server that runs; dropping it stops it and removes its folder.
#[derive(Debug)]
pub(crate) struct Private {
    url: String,
    #[cfg(test)]
    folder: PathBuf,
    script: Child,
    lifeline: Option<ChildStdin>,
}

impl Private {
    /// Starts a server, tells its URL, and ends when it takes connections.
    ///
    /// `script` fills the folder and makes the command of a script that
    /// - starts the server, and then says a line: `ready`, or `failed` with what there is to say in
    ///   the lines after it;
    /// - reads its standard input to the end, which is the end of this process;
    /// - stops the server and removes the folder.
    pub fn start(
        script: impl Fn(&Place) -> io::Result<Command>,
        url: impl Fn(&Place) -> String,
    ) -> Result<Private, StartError> {
        // Another process may take the free port before the server does.
        let mut last = attempt(&script, &url);
        for _ in 0..3 {
            match last {
                Err(StartError::Failed(_)) => last = attempt(&script, &url),
                Ok(_) | Err(StartError::NotInstalled(_) | StartError::Setup(_)) => break,
            }
        }
        last
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // The folder is gone when the script has ended.
        let _ = self.script.wait();
    }
}

fn attempt(
    script: &dyn Fn(&Place) -> io::Result<Command>,
    url: &dyn Fn(&Place) -> String,
) -> Result<Private, StartError> {
    let folder = tempfile::Builder::new()
        .prefix("habeas-test-")
        .tempdir_in("/tmp")?;
    let place = Place {
        folder: folder.path().to_owned(),
        port: TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port(),
        password: random_hex()?,
    };
    let mut script = script(&place)?
        .current_dir(folder.path())
        // A Ctrl-C on the terminal is for us; the script ends after us.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let lifeline = script.stdin.take();
    let answer = BufReader::new(script.stdout.take().expect("stdout is piped"));
    // From here on the script removes the folder.
    let _ = folder.keep();
    let server = Private {
        url: url(&place),
        #[cfg(test)]
        folder: place.folder,
        script,
        lifeline,
    };
    match first_line(answer)? {
        Ok(()) => Ok(server),
        Err(log) => Err(StartError::Failed(log)),
    }
}

fn first_line(mut answer: impl BufRead) -> io::Result<Result<(), String>> {
    let mut line = String::new();
    answer.read_line(&mut line)?;
    if line == "ready\n" {
        return Ok(Ok(()));
    }
    let mut log = String::new();
    answer.read_to_string(&mut log)?;
    Ok(Err(log.trim().to_owned()))
}

/// The one server that the tests of a process share. Never dropped: its pipe closes with the process.
pub(crate) struct Shared(OnceLock<Result<Found, StartError>>);

enum Found {
    /// The environment names it.
    Named(String),
    Started(Private),
}

impl Shared {
    pub const fn new() -> Self {
        Shared(OnceLock::new())
    }

    /// The URL that the environment names, else that of a server which is started now.
    pub fn url(
        &self,
        variable: &str,
        start: impl FnOnce() -> Result<Private, StartError>,
    ) -> Result<&str, StartError> {
        let found = self.0.get_or_init(|| match std::env::var(variable) {
            Ok(url) => Ok(Found::Named(url)),
            Err(_) => start().map(Found::Started),
        });
        match found {
            Ok(Found::Named(url)) => Ok(url),
            Ok(Found::Started(server)) => Ok(server.url()),
            Err(error) => Err(StartError::Failed(error.to_string())),
        }
    }
}

/// Random, so that nobody guesses it, and nobody else has it.
pub(crate) fn random_hex() -> io::Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open(Path::new("/dev/urandom"))?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
