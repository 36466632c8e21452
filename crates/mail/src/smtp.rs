//! The way to a mail server, and what its replies mean for the letter.

use std::net::IpAddr;

use habeas_domain::Personal;
use lettre::{
    AsyncSmtpTransport, Tokio1Executor,
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{self, TlsParameters},
        extension::ClientId,
    },
};

use crate::error::{MailError, SetupError, Trouble};

/// How to reach the mail server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name, or an IP address.
    pub host: String,
    /// Usually 587 with `Tls::StartTls`, 465 with `Tls::Implicit`.
    pub port: u16,
    pub tls: Tls,
    /// User and password are both given or both left out.
    pub user: Option<String>,
    pub password: Option<Personal<String>>,
}

/// How the connection is protected. Certificates are checked against the public roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// In the clear; only to a server on this machine.
    None,
    /// In the clear first, then TLS or nothing: no fall-back.
    StartTls,
    /// TLS from the first byte.
    Implicit,
}

pub(crate) type Transport = AsyncSmtpTransport<Tokio1Executor>;

pub(crate) fn connect(settings: SmtpSettings, greeting: &str) -> Result<Transport, SetupError> {
    let parameters = || TlsParameters::new(settings.host.clone()).map_err(|_| SetupError::Host);
    let tls = match settings.tls {
        Tls::None if is_loopback(&settings.host) => client::Tls::None,
        Tls::None => return Err(SetupError::PlainBeyondLoopback),
        Tls::StartTls => client::Tls::Required(parameters()?),
        Tls::Implicit => client::Tls::Wrapper(parameters()?),
    };
    let server = Transport::builder_dangerous(settings.host)
        .port(settings.port)
        .tls(tls)
        .hello_name(ClientId::Domain(greeting.to_owned()));
    match (settings.user, settings.password) {
        (Some(user), Some(password)) => Ok(server
            .credentials(Credentials::new(user, password.reveal().clone()))
            .build()),
        (None, None) => Ok(server.build()),
        (Some(_), None) | (None, Some(_)) => Err(SetupError::HalfALogin),
    }
}

/// The reply's text is dropped on purpose: servers like to quote the address in it.
pub(crate) fn classify(error: &smtp::Error) -> MailError {
    let reply = error.status().map(u16::from);
    match reply {
        // The login is refused, not the letter; every letter would meet the same reply.
        Some(code @ (454 | 530 | 534 | 535 | 538)) => MailError::Transient(Trouble::Login(code)),
        Some(reply) if error.is_permanent() => MailError::Rejected { reply },
        Some(reply) => MailError::Transient(Trouble::Reply(reply)),
        None if error.is_tls() => MailError::Transient(Trouble::Tls),
        None => MailError::Transient(Trouble::Connection),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
