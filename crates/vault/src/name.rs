//! The name of a blob, such as `req/<request>/<step>/<epoch>/0`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A relative path of plain segments. It can never leave the folder or the bucket that it is
/// resolved in: each segment is 1 to 100 of `a-z`, `0-9`, `_`, `.` and `-`, and begins with neither
/// `.` nor `-`; the whole is at most 400 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobName(String);

/// A text that is no blob name. The text itself is not repeated, since it may come from anywhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a blob name: use segments of a-z, 0-9, '_', '.' and '-' with '/' between them")]
pub struct BadName;

impl BlobName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl FromStr for BlobName {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b);
        let segment = |s: &str| {
            (1..=100).contains(&s.len()) && !s.starts_with(['.', '-']) && s.bytes().all(plain)
        };
        if text.len() <= 400 && text.split('/').all(segment) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName)
        }
    }
}

impl TryFrom<String> for BlobName {
    type Error = BadName;
    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<BlobName> for String {
    fn from(name: BlobName) -> String {
        name.0
    }
}

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_inside_its_folder() {
        for good in ["req/0193/access/3/0", "a", "package.zip", "a_b/c-d"] {
            assert_eq!(good.parse::<BlobName>().unwrap().as_str(), good);
        }
        let long = "a/".repeat(300);
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "a/",
            "a//b",
            "..",
            "a/../b",
            "./a",
            "a/.b",
            "-rf",
            "A",
            "a b",
            "a\\b",
            "a\0",
            "é",
            &long,
        ] {
            assert_eq!(bad.parse::<BlobName>(), Err(BadName), "{bad:?}");
        }
        assert!(serde_json::from_str::<BlobName>("\"../a\"").is_err());
    }
}
