//! Where the database is, and what may be said about the way there. The password stays inside.

use std::fmt;

use habeas_connector::StoreError;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tls;

/// The database that a URL names, and the way there.
pub struct Server {
    pub(crate) config: Config,
    /// How to encrypt the connection; `None` goes without.
    pub(crate) tls: Option<MakeRustlsConnect>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Server {
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        let Settings {
            rest,
            encrypted,
            authorities,
        } = Settings::taken_out(url);
        // The driver's own message may quote a part of the URL, and that part may be the password.
        let mut config: Config = rest.parse().map_err(|_| {
            let message = "the database URL is not of the form postgres://user@host/database";
            StoreError::permanent("bad_url", message)
        })?;
        if config.get_hosts().is_empty() {
            let message = "the database URL names no host";
            return Err(StoreError::permanent("bad_url", message));
        }
        let tls = if encrypted {
            config.ssl_mode(SslMode::Require);
            Some(tls::connector(authorities.as_deref())?)
        } else {
            config.ssl_mode(SslMode::Disable);
            None
        };
        Ok(Self { config, tls })
    }

    pub(crate) fn advice(&self) -> Vec<String> {
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
        if self.tls.is_some() || self.config.get_hosts().iter().all(near) {
            return Vec::new();
        }
        let message = "the connection to the database crosses a network and is not encrypted; add \
                       sslmode=verify-full to its URL";
        vec![message.to_owned()]
    }
}

/// The parts of a URL, or of a list of `key=value`, that say how to encrypt. The driver knows only
/// some of them.
struct Settings {
    rest: String,
    encrypted: bool,
    authorities: Option<String>,
}

impl Settings {
    fn taken_out(url: &str) -> Self {
        let mut settings = Self {
            rest: String::new(),
            encrypted: false,
            authorities: None,
        };
        let is_url = url.contains("://");
        let (before, list) = match url.split_once('?') {
            Some((before, query)) if is_url => (before, query),
            _ if is_url => (url, ""),
            _ => ("", url),
        };
        let between = if is_url { '&' } else { ' ' };
        let kept: Vec<&str> = list
            .split(between)
            .filter(|part| !part.is_empty() && !settings.take(part))
            .collect();
        settings.rest = match (is_url, kept.is_empty()) {
            (true, true) => before.to_owned(),
            (true, false) => format!("{before}?{}", kept.join("&")),
            (false, _) => kept.join(" "),
        };
        settings
    }

    fn take(&mut self, part: &str) -> bool {
        match part.split_once('=') {
            Some(("sslmode", "require" | "verify-ca" | "verify-full")) => self.encrypted = true,
            Some(("sslmode", "disable" | "allow" | "prefer")) => {}
            Some(("sslrootcert", file)) => self.authorities = Some(file.to_owned()),
            Some(_) | None => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_how_to_encrypt_is_read_and_the_rest_is_left() {
        let read = |url: &str| {
            let settings = Settings::taken_out(url);
            (settings.rest, settings.encrypted, settings.authorities)
        };
        assert_eq!(
            read("postgres://u:p@h/d?sslmode=verify-full&connect_timeout=3&sslrootcert=/ca.pem"),
            (
                "postgres://u:p@h/d?connect_timeout=3".to_owned(),
                true,
                Some("/ca.pem".to_owned())
            )
        );
        assert_eq!(
            read("host=h sslmode=require user=u"),
            ("host=h user=u".to_owned(), true, None)
        );
        assert_eq!(
            read("postgres://u@h/d?sslmode=prefer"),
            ("postgres://u@h/d".to_owned(), false, None)
        );
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let url = "postgres://u:secret@h/d?sslmode=verify-full&sslrootcert=/nowhere/ca.pem";
        let error = Server::parse(url).unwrap_err();
        assert_eq!(error.code, "bad_certificate_file");
        assert!(error.message.contains("/nowhere/ca.pem"));
        assert!(!error.to_string().contains("secret"));
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
