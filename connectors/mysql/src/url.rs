//! Where the database is, and what may be said about the way there. The password stays inside.

use std::{fmt, net::IpAddr};

use habeas_connector::StoreError;
use mysql_async::{Opts, OptsBuilder, SslOpts};
use url::{Host, Url};

/// The database that a URL names, and the way there.
pub struct Server {
    pub(crate) opts: Opts,
    pub(crate) scope: Scope,
    advice: Vec<String>,
}

/// The databases that are read; the server may hold many more.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    /// Where a table without a named schema is looked for.
    pub database: String,
    pub others: Vec<String>,
}

/// How the way to the server is guarded, as MySQL's own clients call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    Disabled,
    /// Encrypted, but whoever answers is believed to be the server.
    Required,
    /// The certificate names the server and is signed by somebody who is trusted.
    VerifyIdentity,
}

/// What may follow the `?`.
#[derive(Default)]
struct Extras {
    tls: Option<Tls>,
    authority: Option<Vec<u8>>,
    name: Option<String>,
    socket: Option<String>,
    others: Vec<String>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Server {
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        // A message of the parser may quote a part of the URL, and that part may be the password.
        let mut url = Url::parse(url).map_err(|_| bad_url(FORM))?;
        if !["mysql", "mariadb"].contains(&url.scheme()) || url.set_scheme("mysql").is_err() {
            return Err(bad_url(FORM));
        }
        let extras = Extras::read(&url)?;
        url.set_query(None);
        let opts = Opts::from_url(url.as_str()).map_err(|_| bad_url(FORM))?;
        let Some(database) = opts.db_name().map(str::to_owned) else {
            return Err(bad_url("the database URL names no database"));
        };
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(ip)) => ip.to_string(),
            Some(Host::Ipv6(ip)) => ip.to_string(),
            None => String::new(),
        };
        if host.is_empty() && extras.socket.is_none() {
            return Err(bad_url("the database URL names no host"));
        }
        let near = extras.socket.is_some() || is_near(&host);
        let tls = extras.tls.unwrap_or(Tls::Disabled);
        let ssl = match tls {
            Tls::Disabled => None,
            Tls::Required => Some(SslOpts::default().with_danger_accept_invalid_certs(true)),
            Tls::VerifyIdentity => {
                // A server that is signed for by one's own authority is not to be one that anybody
                // could have signed for.
                let own = extras.authority.map(|file| vec![file.into()]);
                Some(
                    SslOpts::default()
                        .with_disable_built_in_roots(own.is_some())
                        .with_root_certs(own.unwrap_or_default()),
                )
            }
        };
        // Also for an address: the brackets of the URL are no part of its name.
        let ssl = ssl.map(|ssl| {
            ssl.with_danger_tls_hostname_override(Some(extras.name.unwrap_or_else(|| host.clone())))
        });
        let opts = OptsBuilder::from_opts(opts)
            .ssl_opts(ssl)
            .socket(extras.socket)
            // It would leave the encrypted way for a file that only looks like the server's.
            .prefer_socket(false)
            // An update counts the rows that it meets, whether they change or not.
            .client_found_rows(true);
        Ok(Self {
            opts: opts.into(),
            scope: Scope {
                database,
                others: extras.others,
            },
            advice: advice(tls, near),
        })
    }

    pub(crate) fn advice(&self) -> Vec<String> {
        self.advice.clone()
    }
}

impl Extras {
    fn read(url: &Url) -> Result<Self, StoreError> {
        let mut extras = Extras::default();
        for (key, value) in url.query_pairs() {
            match &*key {
                "ssl-mode" => {
                    extras.tls = Some(match &*value.to_ascii_lowercase() {
                        "disabled" => Tls::Disabled,
                        "required" => Tls::Required,
                        "verify-identity" | "verify_identity" => Tls::VerifyIdentity,
                        "verify-ca" | "verify_ca" => return Err(bad_url(VERIFY_CA)),
                        _ => return Err(bad_url(MODES)),
                    });
                }
                "ssl-ca" => {
                    let file = std::fs::read(&*value)
                        .map_err(|_| bad_url("the file that ssl-ca names cannot be read"))?;
                    extras.authority = Some(file);
                }
                "ssl-host" => extras.name = Some(value.into_owned()),
                "socket" => extras.socket = Some(value.into_owned()),
                "databases" => extras.others = value.split(',').map(str::to_owned).collect(),
                _ => {
                    let message = "the database URL holds a setting that is not known; there are \
                                   ssl-mode, ssl-ca, ssl-host, socket and databases";
                    return Err(bad_url(message));
                }
            }
        }
        let checks = extras.tls == Some(Tls::VerifyIdentity);
        if !checks && (extras.authority.is_some() || extras.name.is_some()) {
            let message = "ssl-ca and ssl-host are of use with ssl-mode=verify-identity only";
            return Err(bad_url(message));
        }
        Ok(extras)
    }
}

const FORM: &str = "the database URL is not of the form mysql://user@host/database";
const MODES: &str = "ssl-mode is one of disabled, required and verify-identity";
// The driver has a switch for it, which looks for a word in the refusal of its TLS library that the
// library no longer says: names are checked all the same (mysql_async 0.37, rustls 0.23).
const VERIFY_CA: &str = "ssl-mode=verify-ca takes any server's certificate for this one's and is not \
                         supported; use verify-identity, with ssl-host=NAME where the certificate \
                         names the server otherwise";

fn is_near(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn advice(tls: Tls, near: bool) -> Vec<String> {
    match tls {
        Tls::Disabled if !near => vec![
            "the connection to the database crosses a network and is not encrypted; add \
             ?ssl-mode=verify-identity to its URL"
                .to_owned(),
        ],
        Tls::Required if !near => vec![
            "the connection to the database is encrypted, but the server's certificate is not \
             checked; use ssl-mode=verify-identity"
                .to_owned(),
        ],
        Tls::Disabled | Tls::Required | Tls::VerifyIdentity => Vec::new(),
    }
}

fn bad_url(message: &str) -> StoreError {
    StoreError::permanent("bad_url", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_url_is_refused_without_repeating_it() {
        for url in [
            "nonsense",
            "mysql://u:secret@h:x/d",
            "postgres://u:secret@h/d",
            "mysql://u:secret@h/",
            "mysql://u:secret@/d",
            "mysql:///d",
            "mysql://u:secret@h/d?secret=1",
            "mysql://u:secret@h/d?ssl-mode=secret",
            "mysql://u:secret@h/d?ssl-mode=verify-ca",
            "mysql://u:secret@h/d?ssl-mode=verify-identity&ssl-ca=/secret.pem",
            "mysql://u:secret@h/d?ssl-ca=/dev/null",
            "mysql://u:secret@h/d?ssl-host=secret",
        ] {
            let error = Server::parse(url).unwrap_err();
            assert_eq!(error.code, "bad_url", "{url}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_open_way_across_a_network_is_named() {
        let advice = |url: &str| Server::parse(url).unwrap().advice().concat();
        for near in [
            "mysql://u@127.0.0.1/d",
            "mysql://u@[::1]/d",
            "mariadb://u@localhost:3307/d",
            "mysql://u@h/d?socket=%2Frun%2Fmysqld%2Fmysqld.sock",
            "mysql://u@db.example.org/d?ssl-mode=verify-identity",
        ] {
            assert_eq!(advice(near), "", "{near}");
        }
        assert!(advice("mysql://u@db.example.org/d").contains("not encrypted"));
        let unchecked = advice("mysql://u@db.example.org/d?ssl-mode=REQUIRED");
        assert!(unchecked.contains("not checked"));
    }

    #[test]
    fn the_parts_of_a_url_are_decoded() {
        let url = "mysql://us%40er:p%2Fw@db.example.org:3307/shop?databases=crm,hr";
        let server = Server::parse(url).unwrap();
        assert_eq!(server.opts.user(), Some("us@er"));
        assert_eq!(server.opts.pass(), Some("p/w"));
        assert_eq!(server.opts.tcp_port(), 3307);
        assert_eq!(server.scope.database, "shop");
        assert_eq!(server.scope.others, ["crm", "hr"]);
    }

    #[test]
    fn a_password_does_not_print() {
        let server = Server::parse("mysql://u:secret@localhost/d").unwrap();
        assert!(!format!("{server:?}").contains("secret"));
    }
}
