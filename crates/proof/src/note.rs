//! Signed notes (C2SP signed-note): plain text that a person can read, a blank line, and a signature
//! line. Ed25519 only (type 0x01), exactly one signature.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::digest::hex;

const ED25519: u8 = 0x01;
const MAX_NAME: usize = 200;

/// A text that is no key, or names one badly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("a key name has 1 to {MAX_NAME} bytes and holds neither spaces nor '+'")]
    Name,
    #[error("not a verifier key of the form <name>+<8 hex digits>+<base64 of an Ed25519 key>")]
    Form,
}

/// Why a note is not what the key signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNote {
    #[error("not a signed note: text, a blank line, and one signature line")]
    Form,
    #[error("signed by another key than {expected}")]
    OtherKey { expected: String },
    #[error("the signature does not belong to this text")]
    Signature,
}

/// Signs receipts. The name says who signs, such as `shop.example/habeas`.
pub struct Signer {
    key: SigningKey,
    public: VerifierKey,
}

impl Signer {
    /// The signer with this Ed25519 seed (32 secret bytes; keep them in a file of their own).
    ///
    /// # Errors
    /// [`BadKey::Name`] for a name that a note cannot carry.
    pub fn from_seed(seed: [u8; 32], name: &str) -> Result<Self, BadKey> {
        let key = SigningKey::from_bytes(&seed);
        let public = VerifierKey::new(name, key.verifying_key())?;
        Ok(Self { key, public })
    }

    /// The key to publish, as one line: `<name>+<key id>+<base64>`.
    pub fn vkey(&self) -> String {
        self.public.to_string()
    }

    pub fn verifier_key(&self) -> &VerifierKey {
        &self.public
    }

    /// Signs a text. It ends in a newline and holds no other control characters.
    pub(crate) fn sign(&self, text: &str) -> String {
        let mut signed = self.public.id().to_vec();
        signed.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!(
            "{text}\n\u{2014} {} {}\n",
            self.public.name,
            STANDARD.encode(signed)
        )
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.public).finish()
    }
}

/// A key to check signatures with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, BadKey> {
        if name.is_empty()
            || name.len() > MAX_NAME
            || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
        {
            return Err(BadKey::Name);
        }
        Ok(Self {
            name: name.to_owned(),
            key,
        })
    }

    /// Type and key, as a vkey carries them.
    fn typed(&self) -> [u8; 33] {
        let mut typed = [ED25519; 33];
        typed[1..].copy_from_slice(self.key.as_bytes());
        typed
    }

    /// The first 4 bytes of SHA-256 over name, newline, type and key.
    fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(&self.name)
            .chain_update(b"\n")
            .chain_update(self.typed())
            .finalize();
        let (id, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
        *id
    }

    /// The text of a note, if this key signed it. Accepts exactly what [`Signer`] writes.
    ///
    /// # Errors
    /// Says which part does not hold.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, BadNote> {
        let (body, line) = note.rsplit_once("\n\u{2014} ").ok_or(BadNote::Form)?;
        // The blank line stays behind as the newline that ends the text.
        let text = body.ends_with('\n').then_some(body).ok_or(BadNote::Form)?;
        if text.contains(|c: char| c.is_control() && c != '\n') {
            return Err(BadNote::Form);
        }
        let (name, signed) = line
            .strip_suffix('\n')
            .and_then(|line| line.split_once(' '))
            .ok_or(BadNote::Form)?;
        let signed = STANDARD.decode(signed).map_err(|_| BadNote::Form)?;
        let (id, signature) = signed.split_first_chunk::<4>().ok_or(BadNote::Form)?;
        if name != self.name || *id != self.id() {
            return Err(BadNote::OtherKey {
                expected: self.to_string(),
            });
        }
        let signature = Signature::from_slice(signature).map_err(|_| BadNote::Form)?;
        // Strict: refuses weak keys and any second form of the same signature.
        self.key
            .verify_strict(text.as_bytes(), &signature)
            .map_err(|_| BadNote::Signature)?;
        Ok(text)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex(&self.id()),
            STANDARD.encode(self.typed())
        )
    }
}

impl FromStr for VerifierKey {
    type Err = BadKey;
    fn from_str(text: &str) -> Result<Self, BadKey> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BadKey::Form);
        };
        let typed = STANDARD.decode(key).map_err(|_| BadKey::Form)?;
        let Some((&[ED25519], key)) = typed.split_first_chunk::<1>() else {
            return Err(BadKey::Form);
        };
        let key: &[u8; 32] = key.try_into().map_err(|_| BadKey::Form)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| BadKey::Form)?;
        let parsed = Self::new(name, key)?;
        // One key has one text: a wrong key id, or another spelling of it, is refused here.
        if parsed.to_string() == text {
            Ok(parsed)
        } else {
            Err(BadKey::Form)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the reference implementation, golang.org/x/mod/sumdb/note.
    const SKEY: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const SIGNED: &str = "\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn peter() -> Signer {
        let typed_seed = STANDARD.decode(SKEY).unwrap();
        Signer::from_seed(typed_seed[1..].try_into().unwrap(), "PeterNeumann").unwrap()
    }

    #[test]
    fn the_reference_example_is_signed_and_opened_byte_for_byte() {
        assert_eq!(peter().vkey(), VKEY);
        assert_eq!(peter().sign(TEXT), format!("{TEXT}{SIGNED}"));
        let key: VerifierKey = VKEY.parse().unwrap();
        assert_eq!(key.open(&format!("{TEXT}{SIGNED}")), Ok(TEXT));
    }

    #[test]
    fn a_changed_character_anywhere_is_refused() {
        let note = peter().sign(TEXT);
        for at in 0..note.len() {
            let mut changed = note.clone().into_bytes();
            changed[at] ^= 1;
            let Ok(changed) = String::from_utf8(changed) else {
                continue;
            };
            assert!(peter().verifier_key().open(&changed).is_err(), "byte {at}");
            assert!(
                peter()
                    .verifier_key()
                    .open(&note.as_bytes()[..at].escape_ascii().to_string())
                    .is_err()
            );
        }
    }

    #[test]
    fn a_second_signature_line_is_refused() {
        let note = peter().sign(TEXT);
        assert!(
            peter()
                .verifier_key()
                .open(&format!("{note}{}", &SIGNED[1..]))
                .is_err()
        );
    }

    #[test]
    fn another_key_or_name_is_refused() {
        let note = peter().sign(TEXT);
        let stranger = Signer::from_seed([1; 32], "PeterNeumann").unwrap();
        let opened = stranger.verifier_key().open(&note);
        assert_eq!(
            opened,
            Err(BadNote::OtherKey {
                expected: stranger.vkey()
            })
        );
    }

    #[test]
    fn a_verifier_key_has_exactly_one_text() {
        assert!(VKEY.parse::<VerifierKey>().is_ok());
        for bad in [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a3",
            &VKEY.replace("c74f", "C74F"),
            &VKEY.replace("c74f", "c74e"),
            &VKEY.replace("Peter", "Petra"),
            &format!("{VKEY}\n"),
            &VKEY.replace("+AR", "+AB"),
        ] {
            assert!(bad.parse::<VerifierKey>().is_err(), "{bad}");
        }
        for name in ["", "two words", "a+b", "a\n", &"x".repeat(201)] {
            assert_eq!(Signer::from_seed([1; 32], name).err(), Some(BadKey::Name));
        }
    }
}
