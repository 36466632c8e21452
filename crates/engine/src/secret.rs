//! Secrets we hand out: codes, capabilities, session tokens. Only their hashes are kept.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use habeas_domain::Personal;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{UseCaseError, engine::internal};

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], UseCaseError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| internal(error.to_string()))?;
    Ok(bytes)
}

/// A token of 128 random bits and the hash that is stored for it.
pub(crate) fn token() -> Result<(Personal<String>, Vec<u8>), UseCaseError> {
    let token = URL_SAFE_NO_PAD.encode(random::<16>()?);
    let hash = token_hash(&token);
    Ok((Personal::from(token), hash))
}

/// A token has full entropy, so a fast hash is enough.
pub(crate) fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// Eight digits, each value equally likely.
pub(crate) fn code() -> Result<Personal<String>, UseCaseError> {
    const CODES: u32 = 100_000_000;
    // Values above the last whole multiple would make low codes likelier.
    const LIMIT: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let value = u32::from_le_bytes(random()?);
        if value < LIMIT {
            return Ok(Personal::from(format!("{:08}", value % CODES)));
        }
    }
}

/// A code has few digits, so its hash is slow and salted (argon2id, 8 MiB, 2 passes). Blocking.
pub(crate) fn code_hash(code: &str, salt: &[u8]) -> Result<Vec<u8>, UseCaseError> {
    let params =
        Params::new(8 * 1024, 2, 1, Some(32)).map_err(|error| internal(error.to_string()))?;
    let mut hash = vec![0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(code.as_bytes(), salt, &mut hash)
        .map_err(|error| internal(error.to_string()))?;
    Ok(hash)
}

pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// The digits of a code as it was typed: spaces and dashes do not count.
pub(crate) fn typed_code(text: &str) -> Option<String> {
    let digits: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect();
    (digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_eight_digits_however_it_is_typed() {
        assert_eq!(typed_code(" 1234 5678\n").as_deref(), Some("12345678"));
        assert_eq!(typed_code("1234-5678").as_deref(), Some("12345678"));
        for bad in ["", "1234567", "123456789", "1234567a", "١٢٣٤٥٦٧٨"] {
            assert_eq!(typed_code(bad), None, "{bad}");
        }
        assert_eq!(code().unwrap().reveal().len(), 8);
    }

    #[test]
    fn two_tokens_differ_and_each_has_its_own_hash() {
        let (a, hash_a) = token().unwrap();
        let (b, hash_b) = token().unwrap();
        assert_ne!(a, b);
        assert_ne!(hash_a, hash_b);
        assert_eq!(token_hash(a.reveal()), hash_a);
    }
}
