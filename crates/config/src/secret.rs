//! Secrets are named in the configuration, never written there: `env:NAME` or `file:path`.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, de::Error as _};
use zeroize::Zeroizing;

use crate::environment;

/// A password, or a URL that may hold one. It never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// A database URL as it may stand on a command line, which others on the machine can read: a
    /// reference, or plain as long as no password is in it. Files are looked for from where the
    /// process runs.
    pub fn url(text: &str) -> Result<Self, String> {
        UrlRef::parse(text)?.fetch(Path::new(""), &environment::variable)
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Where a secret is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretRef {
    Env(String),
    File(PathBuf),
}

/// A database URL: a reference, or plain as long as no password is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UrlRef {
    Secret(SecretRef),
    Plain(String),
}

/// Looks a variable up; tests bring their own.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl SecretRef {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("env", name) if !name.is_empty() => Some(Self::Env(name.to_owned())),
            ("file", path) if !path.is_empty() => Some(Self::File(path.into())),
            _ => None,
        }
    }

    /// The secret itself; a line end at the end of a file is not part of it.
    pub fn fetch(&self, base: &Path, lookup: Lookup<'_>) -> Result<Secret, String> {
        match self {
            Self::Env(name) => lookup(name).map(Secret::new).ok_or_else(|| {
                format!("the environment variable {name} is not set; set it, or name another")
            }),
            Self::File(path) => {
                let path = base.join(path);
                let text = fs::read_to_string(&path)
                    .map(Zeroizing::new)
                    .map_err(|error| format!("cannot read {}: {}", path.display(), error.kind()))?;
                let secret = text.trim_end_matches(['\r', '\n']);
                if secret.is_empty() {
                    return Err(format!("{} is empty", path.display()));
                }
                Ok(Secret::new(secret))
            }
        }
    }
}

impl UrlRef {
    pub fn fetch(&self, base: &Path, lookup: Lookup<'_>) -> Result<Secret, String> {
        match self {
            Self::Secret(reference) => reference.fetch(base, lookup),
            Self::Plain(url) => Ok(Secret::new(url)),
        }
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        // The text is not repeated: somebody may have put the secret itself there.
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom("a secret does not stand here; write \"env:NAME\" or \"file:path\"")
        })
    }
}

const SCHEMES: [&str; 4] = ["postgres://", "postgresql://", "mysql://", "mariadb://"];

impl UrlRef {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(reference) = SecretRef::parse(text) {
            Ok(Self::Secret(reference))
        } else if !SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
            Err(
                "write \"env:NAME\", \"file:path\" or a URL such as \"postgres://user@host/database\"",
            )
        } else if has_password(text) {
            Err(
                "a password does not stand here; write \"env:NAME\" or \"file:path\" for the whole URL",
            )
        } else {
            Ok(Self::Plain(text.to_owned()))
        }
    }
}

impl<'de> Deserialize<'de> for UrlRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text).map_err(D::Error::custom)
    }
}

fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':')) || url.to_lowercase().contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_with_a_password_is_recognised() {
        for url in [
            "postgres://ada:secret@db.example/shop",
            "postgres://db.example/shop?user=ada&password=secret",
            "postgres://ada:@db.example/shop",
        ] {
            assert!(has_password(url), "{url}");
        }
        for url in [
            "postgres://ada@db.example:5432/shop",
            "postgres:///shop?host=/run",
        ] {
            assert!(!has_password(url), "{url}");
        }
    }

    #[test]
    fn a_secret_never_prints() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[secret]");
    }
}
