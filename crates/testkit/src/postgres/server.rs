//! A PostgreSQL cluster that lives as long as the process that asked for it, and no longer, however
//! that process ends.
//!
//! A shell script owns the cluster and holds the reading end of a pipe whose writing end is ours.
//! When we end, by return, panic or kill, the kernel closes the pipe and the script cleans up.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
};

use super::programs::{NotInstalled, Programs, Unprivileged};

/// Names a running server: a `postgres://` URL of its maintenance database, as a superuser.
pub const ENV: &str = "HABEAS_TEST_POSTGRES";

/// A private server on a loopback port, with a superuser `postgres` and no durability at all.
#[derive(Debug)]
pub struct Server {
    url: String,
    script: Child,
    lifeline: Option<ChildStdin>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    NotInstalled(#[from] NotInstalled),
    #[error("the private PostgreSQL could not be set up")]
    Setup(#[from] std::io::Error),
    #[error("the private PostgreSQL did not start: {0}")]
    Failed(String),
}

/// Password, not `trust`: on a shared machine the port is open to every user of it.
const SCRIPT: &str = r#"
bin=$1 dir=$2 port=$3
trap '' INT TERM HUP
exec 2>>"$dir/log"
if "$bin/initdb" -D "$dir/data" -U postgres --pwfile="$dir/password" -A scram-sha-256 \
        -E UTF8 --locale=C.UTF-8 --no-sync >>"$dir/log" &&
    "$bin/pg_ctl" start -w -t 60 -D "$dir/data" -l "$dir/log" -o "-p $port -k $dir \
        -c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync=off \
        -c synchronous_commit=off -c full_page_writes=off" >>"$dir/log" </dev/null
then echo ready
else echo failed; tail -n 5 "$dir/log"; exec >&-
fi
cat >/dev/null
"$bin/pg_ctl" stop -m immediate -D "$dir/data" >>"$dir/log"
rm -rf "$dir"
"#;

impl Server {
    /// Makes and starts a cluster; a second or two. It stops when the value is dropped.
    pub fn start() -> Result<Server, StartError> {
        let programs = Programs::find()?;
        // Another process may take the free port before PostgreSQL does.
        let mut last = start_on_free_port(&programs);
        for _ in 0..3 {
            match last {
                Err(StartError::Failed(_)) => last = start_on_free_port(&programs),
                Ok(_) | Err(StartError::NotInstalled(_) | StartError::Setup(_)) => break,
            }
        }
        last
    }

    /// The maintenance database, as a superuser.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // The folder is gone when the script has ended.
        let _ = self.script.wait();
    }
}

/// The server that the environment names, else one that this process starts and shares.
pub fn shared_url() -> Result<&'static str, StartError> {
    static URL: OnceLock<String> = OnceLock::new();
    // Never dropped: the pipe closes with the process.
    static SERVER: OnceLock<Result<Server, StartError>> = OnceLock::new();
    if let Ok(url) = std::env::var(ENV) {
        return Ok(URL.get_or_init(|| url));
    }
    match SERVER.get_or_init(Server::start) {
        Ok(server) => Ok(server.url()),
        Err(error) => Err(StartError::Failed(error.to_string())),
    }
}

fn start_on_free_port(programs: &Programs) -> Result<Server, StartError> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    // Directly below /tmp: the path of a Unix socket has to fit into 107 bytes.
    let folder = tempfile::Builder::new()
        .prefix("habeas-postgres-")
        .tempdir_in("/tmp")?;
    let password = random_hex()?;
    let file = folder.path().join("password");
    std::fs::write(&file, &password)?;

    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", SCRIPT, "habeas-postgres"])
        .arg(programs.folder())
        .arg(folder.path())
        .arg(port.to_string())
        .current_dir(folder.path())
        // A Ctrl-C on the terminal is for us; the script ends after us.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(user) = Unprivileged::needed() {
        for path in [folder.path(), &file] {
            chown(path, Some(user.uid), Some(user.gid))?;
        }
        command.uid(user.uid).gid(user.gid);
    }
    let mut script = command.spawn()?;
    let lifeline = script.stdin.take();
    let answer = BufReader::new(script.stdout.take().expect("stdout is piped"));
    // From here on the script removes the folder.
    let _ = folder.keep();
    let server = Server {
        url: format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres"),
        script,
        lifeline,
    };
    match first_line(answer)? {
        Ok(()) => Ok(server),
        Err(log) => Err(StartError::Failed(log)),
    }
}

fn first_line(mut answer: impl BufRead) -> std::io::Result<Result<(), String>> {
    let mut line = String::new();
    answer.read_line(&mut line)?;
    if line == "ready\n" {
        return Ok(Ok(()));
    }
    let mut log = String::new();
    answer.read_to_string(&mut log)?;
    Ok(Err(log.trim().to_owned()))
}

pub(super) fn random_hex() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open(Path::new("/dev/urandom"))?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{ErrorKind, Write},
        net::TcpStream,
        time::Duration,
    };

    use super::*;

    #[test]
    fn a_server_answers_and_leaves_nothing_behind() {
        let server = Server::start().unwrap();
        let (_, address) = server.url().rsplit_once('@').unwrap();
        let address = address.trim_end_matches("/postgres").to_owned();
        let port = address.rsplit_once(':').unwrap().1;
        let sockets = || {
            let name = format!(".s.PGSQL.{port}");
            let folders = std::fs::read_dir("/tmp").unwrap().flatten();
            folders
                .filter(|folder| folder.path().join(&name).exists())
                .count()
        };
        assert!(TcpStream::connect(&address).is_ok());
        assert_eq!(sockets(), 1);
        drop(server);
        assert!(TcpStream::connect(&address).is_err());
        assert_eq!(sockets(), 0);
    }

    /// Plays both parts: started by itself with `HOLD`, it is the process that gets killed.
    #[test]
    fn a_killed_process_takes_its_server_along() {
        const HOLD: &str = "HABEAS_TESTKIT_HOLD";
        if std::env::var_os(HOLD).is_some() {
            let server = Server::start().unwrap();
            writeln!(std::io::stdout(), "\nholding {}", server.url()).unwrap();
            std::io::stdin().read_to_string(&mut String::new()).unwrap();
            return;
        }
        let mut holder = Command::new(std::env::current_exe().unwrap())
            .args(["a_killed_process_takes_its_server_along", "--nocapture"])
            .env(HOLD, "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let url = BufReader::new(holder.stdout.take().unwrap())
            .lines()
            .find_map(|line| Some(line.unwrap().strip_prefix("holding ")?.to_owned()))
            .unwrap();
        let address = url
            .rsplit_once('@')
            .unwrap()
            .1
            .trim_end_matches("/postgres");
        let mut connection = TcpStream::connect(address).unwrap();

        holder.kill().unwrap();
        holder.wait().unwrap();

        // The connection ends when the server does; the limit only keeps a failure short.
        connection
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let end = connection.read(&mut [0]);
        let reset = |error: &std::io::Error| error.kind() == ErrorKind::ConnectionReset;
        assert!(
            end.as_ref().is_ok_and(|read| *read == 0) || end.as_ref().is_err_and(reset),
            "{end:?}"
        );
    }
}
