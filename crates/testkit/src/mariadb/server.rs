//! A MariaDB server that lives as long as the process that asked for it, and no longer, however
//! that process ends.
//!
//! A shell script owns the server and holds the reading end of a pipe whose writing end is ours.
//! When we end, by return, panic or kill, the kernel closes the pipe and the script cleans up.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
};

use super::programs::{NotInstalled, Programs};

/// Names a running server: a `mysql://` URL without a database, as a user who may do everything.
pub const ENV: &str = "HABEAS_TEST_MARIADB";

/// A private server on a loopback port, with the user `root` and no durability at all.
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
    #[error("the private MariaDB could not be set up")]
    Setup(#[from] std::io::Error),
    #[error("the private MariaDB did not start: {0}")]
    Failed(String),
}

/// Root cannot run the server, so it hands the folder to the user whom the package made. Nobody
/// gets in without the password: on a shared machine the port is open to every user of it.
const SCRIPT: &str = r#"
server=$1 install=$2 client=$3 dir=$4 port=$5
shift 5
trap '' INT TERM HUP
exec 2>>"$dir/log"
user=
if [ "$(id -u)" = 0 ]; then user=mysql; id $user >>"$dir/log" || user=nobody; chown -R $user "$dir"; fi
silent() {
    kill -0 $pid && [ $((tries += 1)) -lt 600 ] && ! "$client" --defaults-file="$dir/login" -e 'do 1'
}
if "$install" --no-defaults ${user:+--user=$user} --datadir="$dir/data" --skip-test-db --skip-name-resolve \
        --auth-root-authentication-method=normal >>"$dir/log"
then
    "$server" --no-defaults ${user:+--user=$user} --datadir="$dir/data" --port="$port" --socket="$dir/socket" \
        --pid-file="$dir/pid" --bind-address=127.0.0.1 --skip-name-resolve --max-connections=300 --userstat=1 \
        --init-file="$dir/init.sql" --tmpdir="$dir" --innodb-flush-log-at-trx-commit=0 \
        --innodb-doublewrite=0 --innodb-buffer-pool-size=128M --innodb-log-file-size=32M \
        --character-set-server=utf8mb4 "$@" >>"$dir/log" </dev/null &
    pid=$!
    while silent >>"$dir/log"; do sleep 0.1; done
fi
if [ -n "$pid" ] && "$client" --defaults-file="$dir/login" -e 'do 1'
then echo ready
else echo failed; tail -n 5 "$dir/log"; exec >&-
fi
cat >/dev/null
if [ -n "$pid" ]; then kill -9 $pid; wait $pid; fi
rm -rf "$dir"
"#;

impl Server {
    /// Makes and starts a server; a few seconds. It stops when the value is dropped.
    pub fn start() -> Result<Server, StartError> {
        Server::start_with(|_| Ok(Vec::new()))
    }

    /// As `start`, with further options of `mariadbd`. `prepare` may put files that they name into
    /// the server's folder, which it is given.
    pub fn start_with(
        prepare: impl Fn(&Path) -> std::io::Result<Vec<String>>,
    ) -> Result<Server, StartError> {
        let programs = Programs::find()?;
        // Another process may take the free port before MariaDB does.
        let mut last = start_on_free_port(&programs, &prepare);
        for _ in 0..3 {
            match last {
                Err(StartError::Failed(_)) => last = start_on_free_port(&programs, &prepare),
                Ok(_) | Err(StartError::NotInstalled(_) | StartError::Setup(_)) => break,
            }
        }
        last
    }

    /// `mysql://root:…@127.0.0.1:port`, without a database.
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

fn start_on_free_port(
    programs: &Programs,
    prepare: &dyn Fn(&Path) -> std::io::Result<Vec<String>>,
) -> Result<Server, StartError> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    // Directly below /tmp: the path of a Unix socket has to fit into 107 bytes.
    let folder = tempfile::Builder::new()
        .prefix("habeas-mariadb-")
        .tempdir_in("/tmp")?;
    let password = random_hex()?;
    let file = |name: &str, text: String| std::fs::write(folder.path().join(name), text);
    file(
        "init.sql",
        format!(
            "create or replace user root@'127.0.0.1' identified by '{password}';\n\
             grant all privileges on *.* to root@'127.0.0.1' with grant option;\n\
             delete from mysql.global_priv where user = 'root' and host <> '127.0.0.1';\n\
             flush privileges;\n"
        ),
    )?;
    file(
        "login",
        format!("[client]\nhost=127.0.0.1\nport={port}\nuser=root\npassword={password}\n"),
    )?;
    let options = prepare(folder.path())?;

    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", SCRIPT, "habeas-mariadb"])
        .args([programs.server(), programs.install(), programs.client()])
        .arg(folder.path())
        .arg(port.to_string())
        .args(options)
        .current_dir(folder.path())
        // A Ctrl-C on the terminal is for us; the script ends after us.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut script = command.spawn()?;
    let lifeline = script.stdin.take();
    let answer = BufReader::new(script.stdout.take().expect("stdout is piped"));
    // From here on the script removes the folder.
    let _ = folder.keep();
    let server = Server {
        url: format!("mysql://root:{password}@127.0.0.1:{port}"),
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

    fn address(url: &str) -> &str {
        url.rsplit_once('@').unwrap().1
    }

    #[test]
    fn a_server_answers_and_leaves_nothing_behind() {
        let server = Server::start_with(|folder| {
            std::fs::write(folder.join("mark"), folder.display().to_string())?;
            Ok(vec!["--max-connections=7".to_owned()])
        })
        .unwrap();
        let address = address(server.url()).to_owned();
        assert!(TcpStream::connect(&address).is_ok());
        let folders = || {
            let all = std::fs::read_dir("/tmp").unwrap().flatten();
            all.filter(|folder| {
                let login = std::fs::read_to_string(folder.path().join("login"));
                let port = address.rsplit_once(':').unwrap().1;
                login.is_ok_and(|login| login.contains(&format!("port={port}\n")))
            })
            .count()
        };
        assert_eq!(folders(), 1);
        drop(server);
        assert!(TcpStream::connect(&address).is_err());
        assert_eq!(folders(), 0);
    }

    /// Plays both parts: started by itself with `HOLD`, it is the process that gets killed.
    #[test]
    fn a_killed_process_takes_its_server_along() {
        const HOLD: &str = "HABEAS_TESTKIT_HOLD_MARIADB";
        if std::env::var_os(HOLD).is_some() {
            let server = Server::start().unwrap();
            writeln!(std::io::stdout(), "\nholding {}", server.url()).unwrap();
            std::io::stdin().read_to_string(&mut String::new()).unwrap();
            return;
        }
        let mut holder = Command::new(std::env::current_exe().unwrap())
            .args([
                "mariadb::server::tests::a_killed_process_takes_its_server_along",
                "--exact",
                "--nocapture",
            ])
            .env(HOLD, "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let url = BufReader::new(holder.stdout.take().unwrap())
            .lines()
            .find_map(|line| Some(line.unwrap().strip_prefix("holding ")?.to_owned()))
            .unwrap();
        let mut connection = TcpStream::connect(address(&url)).unwrap();

        holder.kill().unwrap();
        holder.wait().unwrap();

        // The connection ends when the server does; the limit only keeps a failure short.
        connection
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let mut greeting_and_end = Vec::new();
        let end = connection.read_to_end(&mut greeting_and_end);
        let reset = |error: &std::io::Error| error.kind() == ErrorKind::ConnectionReset;
        assert!(end.is_ok() || end.as_ref().is_err_and(reset), "{end:?}");
    }
}
