//! AES-256-GCM over one small value, and the key derivation that every other file here shares.
//!
//! Sealed form: version (1 byte), nonce (12 bytes, random), ciphertext, tag (16 bytes).

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::VaultError;

pub(crate) const KEY: usize = 32;
const NONCE: usize = 12;
const VERSION: u8 = 1;

pub(crate) type KeyBytes = Zeroizing<[u8; KEY]>;

pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(VaultError::NoRandomness)?;
    Ok(bytes)
}

/// A key of its own for each use, so that two uses can never meet under one nonce.
pub(crate) fn derive(key: &[u8; KEY], salt: &[u8], label: &[u8]) -> KeyBytes {
    let mut derived = KeyBytes::default();
    Hkdf::<Sha256>::new(Some(salt), key)
        .expand(label, &mut *derived)
        .expect("32 bytes is a length that HKDF-SHA256 gives");
    derived
}

/// Joins parts with their lengths, so that no two lists of parts give the same bytes.
pub(crate) fn context(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = vec![VERSION];
    for part in parts {
        joined.extend((part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

/// Seals `plain`; it opens only under the same key and the same `context`.
pub(crate) fn seal(key: &[u8; KEY], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce: [u8; NONCE] = random()?;
    let payload = Payload {
        msg: plain,
        aad: context,
    };
    let ciphertext = Aes256Gcm::new(key.into())
        .encrypt(&nonce.into(), payload)
        .expect("a value in memory is shorter than the 64 GiB that AES-GCM takes");
    let mut sealed = Vec::with_capacity(1 + NONCE + ciphertext.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

/// Opens what [`seal`] made.
pub(crate) fn open(
    key: &[u8; KEY],
    context: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let Some((&[VERSION], rest)) = sealed.split_first_chunk::<1>() else {
        return Err(VaultError::Unopenable);
    };
    let (nonce, msg) = rest
        .split_first_chunk::<NONCE>()
        .ok_or(VaultError::Unopenable)?;
    Aes256Gcm::new(key.into())
        .decrypt(nonce.into(), Payload { msg, aad: context })
        .map(Zeroizing::new)
        .map_err(|_| VaultError::Unopenable)
}
