//! A MariaDB server of our own.

use std::{io, path::Path, process::Command};

use super::programs::Programs;
use crate::private::{Place, Private, Shared, StartError};

/// Names a running server: a `mysql://` URL without a database, as a user who may do everything.
pub const ENV: &str = "HABEAS_TEST_MARIADB";

/// A private server on a loopback port, with the user `root` and no durability at all.
#[derive(Debug)]
pub struct Server(Private);

/// Root cannot run the server, so it hands the folder to the user whom the package made. The server
/// tells on its way when it takes connections; a pipe that it closes tells that it will not.
const SCRIPT: &str = r#"
server=$1 install=$2 client=$3 dir=$4 port=$5
shift 5
trap '' INT TERM HUP
exec 2>>"$dir/log"
user=
if [ "$(id -u)" = 0 ]; then user=mysql; id $user >>"$dir/log" || user=nobody; chown -R $user "$dir"; fi
if "$install" --no-defaults ${user:+--user=$user} --datadir="$dir/data" --skip-test-db --skip-name-resolve \
        --auth-root-authentication-method=normal >>"$dir/log"
then
    mkfifo "$dir/told"
    "$server" --no-defaults ${user:+--user=$user} --datadir="$dir/data" --port="$port" --socket="$dir/socket" \
        --pid-file="$dir/pid" --bind-address=127.0.0.1 --skip-name-resolve --max-connections=300 --userstat=1 \
        --init-file="$dir/init.sql" --tmpdir="$dir" --innodb-flush-log-at-trx-commit=0 \
        --innodb-doublewrite=0 --innodb-buffer-pool-size=128M --innodb-log-file-size=32M \
        --character-set-server=utf8mb4 "$@" >"$dir/told" 2>&1 </dev/null &
    pid=$!
    exec 3<"$dir/told"
    while read -r line <&3; do
        echo "$line" >>"$dir/log"
        case $line in *"ready for connections"*) break ;; esac
    done
    cat <&3 >>"$dir/log" &
    exec 3<&-
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
        start(|_| Ok(Vec::new())).map(Server)
    }

    /// As `start`, with further options of `mariadbd`. `prepare` may put files that they name into
    /// the server's folder, which it is given.
    pub fn start_with(
        prepare: impl Fn(&Path) -> io::Result<Vec<String>>,
    ) -> Result<Server, StartError> {
        start(prepare).map(Server)
    }

    /// `mysql://root:…@127.0.0.1:port`, without a database.
    pub fn url(&self) -> &str {
        self.0.url()
    }
}

/// The server that the environment names, else one that this process starts and shares.
pub fn shared_url() -> Result<&'static str, StartError> {
    static SHARED: Shared = Shared::new();
    SHARED.url(ENV, || start(|_| Ok(Vec::new())))
}

fn start(prepare: impl Fn(&Path) -> io::Result<Vec<String>>) -> Result<Private, StartError> {
    let programs = Programs::find()?;
    Private::start(
        |place| {
            write_login(place)?;
            let options = prepare(&place.folder)?;
            let mut command = Command::new("/bin/sh");
            command
                .args(["-c", SCRIPT, "habeas-mariadb"])
                .args([programs.server(), programs.install(), programs.client()])
                .arg(&place.folder)
                .arg(place.port.to_string())
                .args(options);
            Ok(command)
        },
        |place| format!("mysql://root:{}@127.0.0.1:{}", place.password, place.port),
    )
}

/// What the server does first, and how a client gets in.
fn write_login(place: &Place) -> io::Result<()> {
    let (password, port) = (&place.password, place.port);
    std::fs::write(
        place.folder.join("init.sql"),
        format!(
            "create or replace user root@'127.0.0.1' identified by '{password}';\n\
             grant all privileges on *.* to root@'127.0.0.1' with grant option;\n\
             delete from mysql.global_priv where user = 'root' and host <> '127.0.0.1';\n\
             flush privileges;\n"
        ),
    )?;
    std::fs::write(
        place.folder.join("login"),
        format!("[client]\nhost=127.0.0.1\nport={port}\nuser=root\npassword={password}\n"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mariadb::Database, private::stories};

    #[test]
    fn a_server_answers_and_leaves_nothing_behind() {
        let server = start(|_| Ok(vec!["--max-connections=17".to_owned()])).unwrap();
        let database = Database::on(server.url());
        assert_eq!(database.ask("select @@max_connections"), "17\n");
        drop(database);
        stories::a_server_answers_and_leaves_nothing_behind(server);
    }

    #[test]
    fn a_killed_process_takes_its_server_along() {
        let me = "mariadb::server::tests::a_killed_process_takes_its_server_along";
        stories::a_killed_process_takes_its_server_along(me, &[], || start(|_| Ok(Vec::new())));
    }

    #[test]
    fn a_server_that_does_not_start_says_why() {
        let error = start(|_| Ok(vec!["--no-such-option".to_owned()])).unwrap_err();
        assert!(error.to_string().contains("no-such-option"), "{error}");
    }
}
