//! What must be true of every private server. Included by the tests of each.

use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

use super::{Private, StartError};

/// Set for the process that gets killed.
const HOLD: &str = "HABEAS_TESTKIT_HOLD";

impl Private {
    fn address(&self) -> &str {
        address(self.url())
    }
}

/// Host and port in `scheme://user:password@host:port/name`.
fn address(url: &str) -> &str {
    let (_, place) = url.rsplit_once('@').unwrap();
    place.split_once('/').map_or(place, |(address, _)| address)
}

pub(crate) fn a_server_answers_and_leaves_nothing_behind(server: Private) {
    let (address, folder) = (server.address().to_owned(), server.folder.clone());
    assert!(TcpStream::connect(&address).is_ok());
    assert!(folder.exists());
    drop(server);
    assert!(TcpStream::connect(&address).is_err());
    assert!(!folder.exists());
}

/// Plays both parts: the test of the name `test`, started by itself, is the process that gets killed.
/// `hello` is what a client says first, if the server does not.
pub(crate) fn a_killed_process_takes_its_server_along(
    test: &str,
    hello: &[u8],
    start: fn() -> Result<Private, StartError>,
) {
    if std::env::var_os(HOLD).is_some() {
        let server = start().unwrap();
        writeln!(std::io::stdout(), "\nholding {}", server.address()).unwrap();
        std::io::stdin().read_to_string(&mut String::new()).unwrap();
        return;
    }
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(HOLD, "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let address = BufReader::new(holder.stdout.take().unwrap())
        .lines()
        .find_map(|line| Some(line.unwrap().strip_prefix("holding ")?.to_owned()))
        .unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    // An answer says that the server has taken the connection. One that it finds in its queue while
    // it ends may be kept open for a minute, since nobody says what it is for.
    connection.write_all(hello).unwrap();
    connection.read_exact(&mut [0]).unwrap();

    holder.kill().unwrap();
    holder.wait().unwrap();

    // The connection ends when the server does; the limit only keeps a failure short.
    connection
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let end = connection.read_to_end(&mut Vec::new());
    let reset = |error: &std::io::Error| error.kind() == ErrorKind::ConnectionReset;
    assert!(end.is_ok() || end.as_ref().is_err_and(reset), "{end:?}");
}
