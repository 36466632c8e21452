//! Tokens of officers: JWTs that somebody else's identity system signs with Ed25519. The algorithm
//! is pinned and the key comes from our own list by `kid`, so nothing in a token chooses how it is
//! checked. Sessions of the console are not tokens and never come here.

use std::collections::HashMap;

use habeas_engine::Officer;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use uuid::Uuid;

use crate::settings::WebSettings;

/// The keys we know, and what a token must say.
pub(crate) struct Tokens {
    keys: HashMap<String, DecodingKey>,
    validation: Option<Validation>,
}

/// Why is not told: whoever forges a token learns nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadToken;

/// The claims we read, with their types: an `exp` that is a text is refused.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(rename = "exp")]
    _exp: u64,
}

impl Tokens {
    pub fn new(settings: &WebSettings) -> Self {
        let keys = settings.jwt_keys.iter();
        Self {
            keys: keys.map(|key| (key.kid.clone(), key.key.clone())).collect(),
            validation: validation(&settings.jwt_audience),
        }
    }

    /// The officer that a token names, when everything about it holds now.
    pub fn officer(&self, token: &str) -> Result<Officer, BadToken> {
        let validation = self.validation.as_ref().ok_or(BadToken)?;
        let header = decode_header(token).map_err(|_| BadToken)?;
        let typed = header.typ.as_deref().map(str::to_ascii_lowercase);
        if !matches!(typed.as_deref(), None | Some("jwt" | "at+jwt")) {
            return Err(BadToken);
        }
        let kid = header.kid.ok_or(BadToken)?;
        let key = self.keys.get(&kid).ok_or(BadToken)?;
        let claims = decode::<Claims>(token, key, validation)
            .map_err(|_| BadToken)?
            .claims;
        let plain = !claims.sub.is_empty() && claims.sub.len() <= 100;
        if !plain || claims.sub.chars().any(char::is_control) {
            return Err(BadToken);
        }
        Ok(Officer {
            // The same officer has the same id every time, without being registered with us.
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, claims.sub.as_bytes()).into(),
            login: claims.sub.clone(),
            name: claims.sub,
        })
    }
}

fn validation(audience: &str) -> Option<Validation> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_required_spec_claims(&["exp", "aud", "sub"]);
    validation.set_audience(&[audience]);
    validation.validate_nbf = true;
    validation.leeway = 30;
    (!audience.is_empty()).then_some(validation)
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("keys", &self.keys.keys())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
