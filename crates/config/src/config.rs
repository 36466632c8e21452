//! The configuration as the rest of the program uses it.

use std::{
    fs,
    io::ErrorKind,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use habeas_domain::{StoreId, data_map::Ground};

use crate::{ConfigError, Secret, environment, read};

/// Everything that an operator decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    pub site: Site,
    pub database: Database,
    pub data: DataFolders,
    pub vault: VaultPlace,
    pub mail: Mail,
    pub web: Web,
    pub operate: Operate,
    pub rules: Rules,
    pub stores: Vec<Store>,
    pub holds: Vec<Hold>,
}

/// Who runs this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    pub controller: String,
    /// Where the portal is reached, without a slash at the end.
    pub base_url: String,
    pub contact: String,
    /// IANA name.
    pub timezone: String,
    pub default_law: String,
    /// Law profiles that can be chosen; every known one when absent.
    pub laws: Option<Vec<String>>,
}

impl Site {
    /// The site is reached by HTTPS.
    pub fn is_secure(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// Host and port of the portal.
    pub fn host(&self) -> &str {
        let rest = self.base_url.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }
}

/// The control database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    Sqlite(PathBuf),
    /// A `postgres://` URL.
    Postgres(Secret),
}

/// Where keys live. They belong into the backup of keys, not beside the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolders {
    pub root_key: PathBuf,
    pub signing_seed: PathBuf,
    pub keys: PathBuf,
}

/// Where sealed files live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultPlace {
    Folder(PathBuf),
    S3(Bucket),
}

/// A bucket of S3, or of a server that speaks its API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Without a slash at the end; that of AWS when absent.
    pub endpoint: Option<String>,
    pub region: String,
    pub name: String,
    /// What all keys begin with.
    pub prefix: Option<String>,
    /// The bucket stands in the path of a URL and not in its host.
    pub path_style: bool,
    pub access_key_id: Secret,
    pub secret_access_key: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The controller's name unless another is given.
    pub sender_name: String,
    pub sender: String,
    /// Where warnings about due dates go.
    pub officers: Option<String>,
    pub way: MailWay,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailWay {
    Folder(PathBuf),
    Smtp(Smtp),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// User and password.
    pub login: Option<(String, Secret)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    None,
    StartTls,
    Implicit,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    pub listen: SocketAddr,
    /// What `aud` of a token must name; empty refuses every token.
    pub api_audience: String,
    pub api_keys: Vec<ApiKey>,
}

/// A public key that may sign tokens of officers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub kid: String,
    /// The text of the PEM file.
    pub public_pem: String,
}

/// What whoever runs the machines sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operate {
    /// Where `/metrics`, `/healthz` and `/readyz` are served; nowhere unless given.
    pub listen: Option<SocketAddr>,
    pub log: LogFormat,
    pub traces: Option<Traces>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    /// One object in each line.
    Json,
}

/// Where spans are sent, by OTLP over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    /// The collector, without a slash at the end and without `/v1/traces`.
    pub endpoint: String,
}

/// Limits; what is absent is left to the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    pub row_cap: Option<u32>,
    pub max_running: Option<u32>,
    pub patience_minutes: Option<u32>,
    pub download_days: Option<u32>,
}

/// A system that holds personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    pub kind: StoreKind,
    /// The data map, a YAML file.
    pub map: PathBuf,
    /// The store may hold our table of effects.
    pub effect_table: bool,
    pub limits: StoreLimits,
    /// The key of `pseudonymise`.
    pub pseudonym_key: Option<Secret>,
}

/// How a store may be treated; what is absent is left to the connector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreLimits {
    /// Subjects in one call.
    pub batch: Option<u32>,
    /// Erase a person with more rows than this in several transactions of so many rows.
    pub chunk_rows: Option<u32>,
    /// The largest part of a table, in per cent, that may belong to one person.
    pub share_cap: Option<u8>,
    pub connect_timeout: Option<Duration>,
    pub statement_timeout: Option<Duration>,
    pub lock_timeout: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreKind {
    Sqlite {
        path: PathBuf,
    },
    Postgres {
        url: Secret,
    },
    /// MariaDB, by a `mysql://` URL.
    Mysql {
        url: Secret,
    },
}

/// A reason not to erase that lies outside the data maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Every store unless one is named.
    pub store: Option<StoreId>,
    pub ground: Ground,
}

impl Config {
    /// Reads a file; paths in it are relative to its folder.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let whole = path.to_owned();
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => ConfigError::Missing { path: whole },
            _ => ConfigError::Read {
                path: whole,
                source,
            },
        })?;
        let base = path.parent().unwrap_or(Path::new(""));
        Config::parse(&path.display().to_string(), &text, base)
    }

    /// Reads a text; `file` is named in every error, paths are relative to `base`.
    pub fn parse(file: &str, text: &str, base: &Path) -> Result<Config, ConfigError> {
        read::read(file, text, base, &environment::variable)
    }
}
