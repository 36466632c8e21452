//! Exact search over sealed identifiers, without storing anything that can be read or guessed from
//! the database alone.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{RootKey, aead::KeyBytes, root::label};

/// A keyed digest of an identifier: equal for equal identifiers, meaningless without the root key.
#[derive(Clone)]
pub struct BlindIndex(KeyBytes);

impl BlindIndex {
    pub fn new(root: &RootKey) -> Self {
        Self(root.derive(label::BLIND_INDEX))
    }

    /// HMAC-SHA256 over `kind ‖ 0x00 ‖ normalised`, its first 16 bytes. The caller normalises (case,
    /// spaces), since only it knows the kind; a kind holds no zero byte.
    pub fn index(&self, kind: &str, normalised: &str) -> [u8; 16] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&*self.0).expect("HMAC takes a key of any length");
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(normalised.as_bytes());
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let (index, _) = full.split_first_chunk().expect("32 bytes hold 16");
        *index
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex([secret])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_identifiers_meet_and_all_others_differ() {
        let index = BlindIndex::new(&RootKey::from_bytes([1; 32]));
        let ada = index.index("email", "ada@example.org");
        assert_eq!(index.index("email", "ada@example.org"), ada);
        assert_ne!(index.index("email", "ada@example.com"), ada);
        assert_ne!(index.index("phone", "ada@example.org"), ada);
        assert_ne!(index.index("e", "mail\0ada@example.org"), ada);
        let elsewhere = BlindIndex::new(&RootKey::from_bytes([2; 32]));
        assert_ne!(elsewhere.index("email", "ada@example.org"), ada);
    }
}
