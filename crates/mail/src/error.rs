//! What can go wrong on the way, told by who acts next. No variant carries an address, a word of a
//! letter, or the text of a server's reply, which often quotes the address.

/// Why a letter did not go out.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The same delivery may succeed later: try again.
    #[error("mail is temporarily not delivered: {0}")]
    Transient(Trouble),
    /// The mail server will not take this letter: the recipient is unreachable, a person decides.
    #[error("the mail server refused the letter with reply {reply}")]
    Rejected {
        /// The SMTP reply code, RFC 5321 section 4.2.
        reply: u16,
    },
    /// The text on file is not an address that can be written to.
    #[error("not an address that mail can be sent to")]
    BadAddress,
    /// The letter itself cannot be sent; the caller built it wrongly. Names the field.
    #[error("the letter cannot be sent because of its {0}")]
    BadLetter(&'static str),
}

/// What stood in the way for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The server said to come back later (4xx).
    #[error("the server replied {0}")]
    Reply(u16),
    /// The server does not know our login (530, 534, 535, 538): every letter waits for an operator.
    #[error("the server refused the login with reply {0}")]
    Login(u16),
    /// No secure connection could be made.
    #[error("no secure connection")]
    Tls,
    /// The server was not reached, or the line broke; the letter may have arrived.
    #[error("the connection failed")]
    Connection,
    /// The mail folder could not be written.
    #[error("the mail folder could not be written ({0})")]
    Folder(std::io::ErrorKind),
}

/// The configured sender cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSender {
    #[error("the sender's address is not a mail address")]
    Address,
    #[error("the sender's name holds a control character")]
    Name,
}

/// The configured mail server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Letters carry codes and links; in the clear they may only cross our own machine.
    #[error("mail without TLS is only allowed to a server on this machine")]
    PlainBeyondLoopback,
    #[error("a mail login needs both a user and a password")]
    HalfALogin,
    #[error("the name of the mail server cannot be used for TLS")]
    Host,
}
