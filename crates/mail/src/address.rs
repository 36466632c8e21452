//! Mail addresses, parsed at the edge. Deliberately stricter than RFC 5321: quoted local parts,
//! comments and lists are refused, since no form of ours makes them and attacks do.

use lettre::{Address, message::Mailbox};

use crate::error::{BadSender, MailError};

/// Who the letters come from.
#[derive(Debug, Clone)]
pub struct Sender(Mailbox);

impl Sender {
    /// `name` is shown to the reader ("Example Shop"), `address` is where replies go.
    pub fn new(name: &str, address: &str) -> Result<Sender, BadSender> {
        if name.chars().any(char::is_control) {
            return Err(BadSender::Name);
        }
        let address = parse(address).ok_or(BadSender::Address)?;
        Ok(Sender(Mailbox::new(Some(name.to_owned()), address)))
    }

    pub(crate) fn mailbox(&self) -> Mailbox {
        self.0.clone()
    }

    /// The right side of message ids, and our name when we greet a mail server.
    pub(crate) fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

pub(crate) fn recipient(text: &str) -> Result<Mailbox, MailError> {
    parse(text).map(Mailbox::from).ok_or(MailError::BadAddress)
}

fn parse(text: &str) -> Option<Address> {
    let suspicious = |c: char| c.is_control() || c.is_whitespace() || "\"<>(),;:\\".contains(c);
    // 254 characters: RFC 5321 section 4.5.3.1.3, with its angle brackets taken off.
    if text.len() > 254 || text.contains(suspicious) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_are_taken() {
        for address in [
            "ada@example.com",
            "a.b+shop@mail.example.co.uk",
            "ada@xn--mller-kva.example",
        ] {
            assert!(recipient(address).is_ok(), "{address}");
        }
    }

    #[test]
    fn nothing_but_one_plain_address_is_taken() {
        for address in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example.com, eve@example.com",
            "Ada <ada@example.com>",
            "\"a b\"@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com\nBcc: eve@example.com",
            "ada\r@example.com",
            "ada\0@example.com",
            "ada\u{85}@example.com",
            "ada@example.com> SIZE=1",
        ] {
            assert!(
                matches!(recipient(address), Err(MailError::BadAddress)),
                "{address:?}"
            );
        }
        assert!(recipient(&format!("{}@example.com", "a".repeat(250))).is_err());
    }

    #[test]
    fn a_sender_with_a_line_break_is_refused() {
        assert_eq!(
            Sender::new("Shop\nBcc: x", "a@b.example").err(),
            Some(BadSender::Name)
        );
        assert_eq!(
            Sender::new("Shop", "a@b.example\r\n").err(),
            Some(BadSender::Address)
        );
    }
}
