//! `[vault]`: a folder unless a bucket is named.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};

use super::Reader;
use crate::{Bucket, ConfigError, Secret, VaultPlace, secret::SecretRef};

/// The shape of the part. What belongs to which kind is told when it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct VaultFile {
    kind: Kind,
    path: Option<PathBuf>,
    #[serde(deserialize_with = "endpoint")]
    endpoint: Option<String>,
    #[serde(deserialize_with = "region")]
    region: Option<String>,
    #[serde(deserialize_with = "bucket")]
    bucket: Option<String>,
    prefix: Option<String>,
    path_style: Option<bool>,
    access_key_id: Option<SecretRef>,
    secret_access_key: Option<SecretRef>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Folder,
    S3,
}

/// What every server takes that knows no regions.
const ANY_REGION: &str = "us-east-1";

impl Reader<'_> {
    /// `data` is the folder in which the vault is unless the file says otherwise.
    pub fn vault(&self, read: VaultFile, data: &Path) -> Result<VaultPlace, ConfigError> {
        match read.kind {
            Kind::Folder => self.folder(read, data).map(VaultPlace::Folder),
            Kind::S3 => self.bucket(read).map(VaultPlace::S3),
        }
    }

    fn folder(&self, read: VaultFile, data: &Path) -> Result<PathBuf, ConfigError> {
        for (field, given) in [
            ("vault.endpoint", read.endpoint.is_some()),
            ("vault.region", read.region.is_some()),
            ("vault.bucket", read.bucket.is_some()),
            ("vault.prefix", read.prefix.is_some()),
            ("vault.path_style", read.path_style.is_some()),
            ("vault.access_key_id", read.access_key_id.is_some()),
            ("vault.secret_access_key", read.secret_access_key.is_some()),
        ] {
            if given {
                return Err(self.wrong(field, "belongs to kind = \"s3\"; this is a folder"));
            }
        }
        Ok(match read.path {
            Some(path) => self.path(path),
            None => self.path(data.join("vault")),
        })
    }

    fn bucket(&self, read: VaultFile) -> Result<Bucket, ConfigError> {
        if read.path.is_some() {
            return Err(self.wrong(
                "vault.path",
                "belongs to kind = \"folder\"; this is a bucket",
            ));
        }
        let elsewhere = read.endpoint.is_some();
        let region = match read.region {
            Some(region) => region,
            None if elsewhere => ANY_REGION.to_owned(),
            None => {
                let problem = "name the region of the bucket, such as \"eu-central-1\"";
                return Err(self.wrong("vault.region", problem));
            }
        };
        let name = read.bucket.ok_or_else(|| {
            self.wrong("vault.bucket", "kind = \"s3\" needs the name of a bucket")
        })?;
        Ok(Bucket {
            endpoint: read.endpoint,
            region,
            name,
            prefix: read.prefix,
            path_style: read.path_style.unwrap_or(elsewhere),
            access_key_id: self.secret("vault.access_key_id", read.access_key_id)?,
            secret_access_key: self.secret("vault.secret_access_key", read.secret_access_key)?,
        })
    }

    fn secret(&self, field: &str, given: Option<SecretRef>) -> Result<Secret, ConfigError> {
        let missing = || {
            self.wrong(
                field,
                "kind = \"s3\" needs it; write \"env:NAME\" or \"file:path\"",
            )
        };
        given
            .ok_or_else(missing)?
            .fetch(self.base, self.lookup)
            .map_err(|problem| self.wrong(field, problem))
    }
}

/// Without a slash at the end.
fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let host = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .map(|rest| rest.trim_end_matches('/'));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['?', '#', ' ', '@']) => {
            Ok(Some(text.trim_end_matches('/').to_owned()))
        }
        Some(_) | None => Err(D::Error::custom(
            "write the address of the S3 server, such as \"https://s3.example.org\"",
        )),
    }
}

fn region<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let text = String::deserialize(deserializer)?;
    if plain(&text) {
        Ok(Some(text))
    } else {
        Err(D::Error::custom("write a region such as \"eu-central-1\""))
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn bucket<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let text = String::deserialize(deserializer)?;
    let ends = text.starts_with(['-', '.']) || text.ends_with(['-', '.']);
    if (3..=63).contains(&text.len()) && text.bytes().all(plain) && !ends {
        Ok(Some(text))
    } else {
        Err(D::Error::custom(
            "write the name of a bucket: 3 to 63 of a-z, 0-9, '-' and '.'",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{SMALL, fault, read};
    use super::*;

    const S3: &str = r#"
[vault]
kind = "s3"
endpoint = "http://127.0.0.1:9000/"
bucket = "habeas"
access_key_id = "env:DB"
secret_access_key = "env:DB"
"#;

    #[test]
    fn the_vault_is_a_folder_unless_a_bucket_is_named() {
        let vault = |more: &str| read(&format!("{SMALL}{more}")).unwrap().vault;
        let folder = |path: &str| VaultPlace::Folder(path.into());
        assert_eq!(vault(""), folder("/etc/habeas/habeas-data/vault"));
        assert_eq!(
            vault("[vault]\npath = \"sealed\""),
            folder("/etc/habeas/sealed")
        );
        assert_eq!(
            vault("[data]\nfolder = \"/srv\"\n[vault]\nkind = \"folder\""),
            folder("/srv/vault")
        );
    }

    #[test]
    fn a_bucket_has_an_endpoint_or_a_region() {
        let bucket = |part: &str| match read(&format!("{SMALL}{part}")).unwrap().vault {
            VaultPlace::S3(bucket) => bucket,
            VaultPlace::Folder(_) => panic!("a bucket is named"),
        };
        let own = bucket(S3);
        assert_eq!(own.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!((own.region.as_str(), own.path_style), ("us-east-1", true));
        assert!(!format!("{own:?}").contains("a:b"), "a secret never prints");
        let aws = bucket(&S3.replace(
            "endpoint = \"http://127.0.0.1:9000/\"",
            "region = \"eu-central-1\"",
        ));
        assert_eq!((aws.endpoint, aws.path_style), (None, false));
    }

    #[test]
    fn what_is_wrong_with_a_vault_is_named_by_its_field() {
        let with = |from: &str, to: &str| fault(&format!("{SMALL}{}", S3.replace(from, to)));
        for (fault, expected) in [
            (
                with("bucket = \"habeas\"\n", ""),
                "vault.bucket: kind = \"s3\" needs",
            ),
            (
                with("endpoint = \"http://127.0.0.1:9000/\"\n", ""),
                "vault.region: name the region",
            ),
            (
                with("secret_access_key = \"env:DB\"\n", ""),
                "vault.secret_access_key: kind = \"s3\" needs",
            ),
            (
                with(
                    "access_key_id = \"env:DB\"\nsecret",
                    "access_key_id = \"env:NO\"\nsecret",
                ),
                "vault.access_key_id: the environment variable NO is not set",
            ),
            (
                with("kind = \"s3\"", "kind = \"folder\""),
                "vault.endpoint: belongs to kind = \"s3\"",
            ),
            (
                with("bucket", "path = \"x\"\nbucket"),
                "vault.path: belongs to kind = \"folder\"",
            ),
        ] {
            assert!(
                fault.starts_with(&format!("habeas.toml: {expected}")),
                "{fault}"
            );
        }
        for (fault, expected) in [
            (
                with("\"s3\"", "\"gcs\""),
                "unknown variant `gcs`, expected `folder` or `s3`",
            ),
            (with("http://", ""), "write the address of the S3 server"),
            (
                with("\"habeas\"", "\"Habeas\""),
                "write the name of a bucket",
            ),
            (
                with(
                    "secret_access_key = \"env:DB\"",
                    "secret_access_key = \"hunter2\"",
                ),
                "a secret does not stand here",
            ),
            (with("bucket =", "buckett ="), "unknown field `buckett`"),
        ] {
            assert!(fault.starts_with("habeas.toml:1"), "with its line: {fault}");
            assert!(fault.contains(expected), "{fault}");
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }
}
