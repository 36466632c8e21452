//! What the web process has to be told. Reading it from a file or the environment is `config`'s
//! business.

use std::path::PathBuf;

use jsonwebtoken::DecodingKey;

use crate::vitals::Vitals;

/// Settings of every face.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// Keys that may sign tokens of officers; without any, the API serves subjects only.
    pub jwt_keys: Vec<JwtKey>,
    /// What `aud` must name. Empty refuses every token.
    pub jwt_audience: String,
    /// The site is reached by HTTPS: cookies with the `__Host-` prefix, and HSTS.
    pub secure_cookies: bool,
    /// Folder of `.eml` files to show at `/demo/mail`. For the demo only: anybody can read it.
    pub mail_page: Option<PathBuf>,
    /// Where answers are counted, and where it is known that the process was told to stop.
    pub vitals: Vitals,
}

/// A public Ed25519 key and the name by which a token refers to it.
#[derive(Debug, Clone)]
pub struct JwtKey {
    pub(crate) kid: String,
    pub(crate) key: DecodingKey,
}

/// A text that is not the PEM of an Ed25519 public key.
#[derive(Debug, thiserror::Error)]
#[error("key '{kid}' is not an Ed25519 public key in PEM")]
pub struct BadKey {
    pub kid: String,
    #[source]
    source: jsonwebtoken::errors::Error,
}

impl JwtKey {
    /// Reads a `PUBLIC KEY` PEM (SubjectPublicKeyInfo, RFC 8410).
    pub fn parse(kid: impl Into<String>, public_pem: &str) -> Result<Self, BadKey> {
        let kid = kid.into();
        match DecodingKey::from_ed_pem(public_pem.as_bytes()) {
            Ok(key) => Ok(Self { kid, key }),
            Err(source) => Err(BadKey { kid, source }),
        }
    }
}
