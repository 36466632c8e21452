//! Letters to subjects and officers: what each one says, and its way to a mail server or a folder.
//!
//! One context type and one function per letter; plain text and HTML come from the same words. The
//! crate does not decide when to write or to whom, does not retry, and keeps no list of what was
//! sent: the caller owns the step, its id and its outcome.
//!
//! A message can carry nothing but its letter. Addresses are parsed before use, a control
//! character in anything that becomes a header is refused, and bodies are always quoted-printable.
//! This stands whatever the mail library does (RUSTSEC-2026-0561).

mod address;
mod content;
mod error;
mod folder;
mod letter;
mod mailer;
mod message;
mod smtp;
mod words;

pub use address::Sender;
pub use error::{BadSender, MailError, SetupError, Trouble};
pub use letter::{
    About, Acknowledge, Code, Due, DueSoon, Erased, Letter, OptedOut, Ready, Refused, Withdrawn,
};
pub use mailer::{Delivered, Mailer};
pub use smtp::{SmtpSettings, Tls};
