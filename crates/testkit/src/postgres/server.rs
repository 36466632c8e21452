//! A PostgreSQL cluster of our own.

use std::{
    os::unix::{fs::chown, process::CommandExt},
    process::Command,
};

use super::programs::{Programs, Unprivileged};
use crate::private::{Private, Shared, StartError};

/// Names a running server: a `postgres://` URL of its maintenance database, as a superuser.
pub const ENV: &str = "HABEAS_TEST_POSTGRES";

/// A private server on a loopback port, with a superuser `postgres` and no durability at all.
#[derive(Debug)]
pub struct Server(Private);

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
        start().map(Server)
    }

    /// The maintenance database, as a superuser.
    pub fn url(&self) -> &str {
        self.0.url()
    }
}

/// The server that the environment names, else one that this process starts and shares.
pub fn shared_url() -> Result<&'static str, StartError> {
    static SHARED: Shared = Shared::new();
    SHARED.url(ENV, start)
}

fn start() -> Result<Private, StartError> {
    let programs = Programs::find()?;
    Private::start(
        |place| {
            let password = place.folder.join("password");
            std::fs::write(&password, &place.password)?;
            let mut command = Command::new("/bin/sh");
            command
                .args(["-c", SCRIPT, "habeas-postgres"])
                .arg(programs.folder())
                .arg(&place.folder)
                .arg(place.port.to_string());
            if let Some(user) = Unprivileged::needed() {
                for path in [&place.folder, &password] {
                    chown(path, Some(user.uid), Some(user.gid))?;
                }
                command.uid(user.uid).gid(user.gid);
            }
            Ok(command)
        },
        |place| {
            let (password, port) = (&place.password, place.port);
            format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres")
        },
    )
}

#[cfg(test)]
mod tests {
    use crate::private::stories;

    #[test]
    fn a_server_answers_and_leaves_nothing_behind() {
        stories::a_server_answers_and_leaves_nothing_behind(super::start().unwrap());
    }

    #[test]
    fn a_killed_process_takes_its_server_along() {
        let me = "postgres::server::tests::a_killed_process_takes_its_server_along";
        // `SSLRequest`, from the PostgreSQL manual, "Message Formats".
        let may_we_encrypt = [8, 80_877_103_u32].map(u32::to_be_bytes).concat();
        stories::a_killed_process_takes_its_server_along(me, &may_we_encrypt, super::start);
    }
}
