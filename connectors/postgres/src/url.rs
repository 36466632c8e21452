//! Where the database is, and what may be said about the way there. The password stays inside.

use std::fmt;

use habeas_connector::StoreError;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

pub(crate) struct Server {
    pub config: Config,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Server {
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        // The driver knows neither of these two and would only call them invalid.
        if ["sslmode=verify-ca", "sslmode=verify-full"]
            .iter()
            .any(|mode| url.contains(mode))
        {
            return Err(tls_required());
        }
        // The driver's own message may quote a part of the URL, and that part may be the password.
        let config: Config = url.parse().map_err(|_| {
            let message = "the database URL is not of the form postgres://user@host/database";
            StoreError::permanent("bad_url", message)
        })?;
        match config.get_ssl_mode() {
            SslMode::Require => Err(tls_required()),
            _ if config.get_hosts().is_empty() => {
                let message = "the database URL names no host";
                Err(StoreError::permanent("bad_url", message))
            }
            _ => Ok(Self { config }),
        }
    }

    pub fn advice(&self) -> Vec<String> {
        let near = |host: &Host| match host {
            Host::Tcp(name) => {
                let address = name
                    .parse()
                    .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
                address || name == "localhost"
            }
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        if self.config.get_hosts().iter().all(near) {
            return Vec::new();
        }
        let message = "the connection to the database crosses a network and is not encrypted; use \
                       a tunnel or a socket until TLS is supported";
        vec![message.to_owned()]
    }
}

fn tls_required() -> StoreError {
    let message = "the database URL demands TLS, which this connector does not speak yet; connect \
                   over a tunnel or a socket";
    StoreError::permanent("tls_required", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_demands_tls_is_refused() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://u:secret@db.example.org/shop?sslmode={mode}");
            let error = Server::parse(&url).unwrap_err();
            assert_eq!(error.code, "tls_required");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_broken_url_is_refused_without_repeating_it() {
        for url in [
            "postgres://u:secret@:x/",
            "nonsense",
            "postgres://u:secret@h/d?secret=1",
        ] {
            let error = Server::parse(url).unwrap_err();
            assert_eq!(error.code, "bad_url");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn an_open_way_across_a_network_is_named() {
        let advice = |url: &str| Server::parse(url).unwrap().advice().len();
        assert_eq!(advice("postgres://u@127.0.0.1/d"), 0);
        assert_eq!(advice("postgres://u@[::1]/d"), 0);
        assert_eq!(advice("postgres://u@localhost/d"), 0);
        assert_eq!(advice("host=/run/postgresql user=u"), 0);
        assert_eq!(advice("postgres://u@db.example.org/d"), 1);
    }

    #[test]
    fn a_password_does_not_print() {
        let server = Server::parse("postgres://u:secret@localhost/d").unwrap();
        assert!(!format!("{server:?}").contains("secret"));
    }
}
