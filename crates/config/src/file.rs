//! The shape of `habeas.toml`, key by key. Unknown keys are refused, and what can be told wrong from
//! one value alone is refused while reading, so that the error names its line.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use habeas_domain::{StoreId, data_map::Ground};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    read::vault::VaultFile,
    secret::{SecretRef, UrlRef},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub site: SiteFile,
    pub database: DatabaseFile,
    #[serde(default)]
    pub data: DataFile,
    #[serde(default)]
    pub vault: VaultFile,
    pub mail: MailFile,
    #[serde(default)]
    pub web: WebFile,
    #[serde(default)]
    pub operate: OperateFile,
    #[serde(default)]
    pub rules: RulesFile,
    #[serde(default)]
    pub stores: Vec<StoreFile>,
    #[serde(default)]
    pub holds: Vec<HoldFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteFile {
    #[serde(deserialize_with = "words")]
    pub controller: String,
    #[serde(deserialize_with = "base_url")]
    pub base_url: String,
    #[serde(deserialize_with = "words")]
    pub contact: String,
    #[serde(deserialize_with = "timezone")]
    pub timezone: String,
    pub default_law: String,
    pub laws: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatabaseFile {
    pub sqlite: Option<PathBuf>,
    pub postgres: Option<UrlRef>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DataFile {
    pub folder: PathBuf,
    pub root_key: Option<PathBuf>,
    pub signing_seed: Option<PathBuf>,
    pub keys: Option<PathBuf>,
}

impl Default for DataFile {
    fn default() -> Self {
        Self {
            folder: "habeas-data".into(),
            root_key: None,
            signing_seed: None,
            keys: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailFile {
    pub sender_name: Option<String>,
    pub sender: String,
    pub officers: Option<String>,
    pub folder: Option<PathBuf>,
    pub smtp: Option<SmtpFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmtpFile {
    pub host: String,
    pub port: Option<u16>,
    #[serde(default)]
    pub tls: TlsFile,
    pub user: Option<String>,
    pub password: Option<SecretRef>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TlsFile {
    None,
    #[default]
    StartTls,
    Implicit,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WebFile {
    pub listen: SocketAddr,
    pub api_audience: Option<String>,
    pub api_keys: Vec<ApiKeyFile>,
}

impl Default for WebFile {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            api_audience: None,
            api_keys: Vec::new(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyFile {
    pub kid: String,
    pub public_pem: PathBuf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OperateFile {
    pub listen: Option<SocketAddr>,
    pub log: LogFile,
    pub traces: Option<TracesFile>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFile {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TracesFile {
    #[serde(deserialize_with = "endpoint")]
    pub endpoint: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RulesFile {
    pub row_cap: Option<NonZeroU32>,
    pub max_running: Option<NonZeroU32>,
    pub patience_minutes: Option<NonZeroU32>,
    pub download_days: Option<NonZeroU32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreFile {
    pub connector: Connector,
    pub map: PathBuf,
    pub path: Option<PathBuf>,
    pub url: Option<UrlRef>,
    #[serde(default = "yes")]
    pub effect_table: bool,
    pub batch: Option<NonZeroU32>,
    pub chunk_rows: Option<NonZeroU32>,
    pub share_cap: Option<Percent>,
    pub pseudonym_key: Option<SecretRef>,
    pub connect_timeout_seconds: Option<NonZeroU32>,
    pub statement_timeout_seconds: Option<NonZeroU32>,
    pub lock_timeout_seconds: Option<NonZeroU32>,
}

/// A part of a hundred, from 1 to 100.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Percent(pub u8);

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            percent @ 1..=100 => Ok(Percent(percent)),
            _ => Err(D::Error::custom("a part in per cent, from 1 to 100")),
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Connector {
    Sqlite,
    Postgres,
    Mysql,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldFile {
    pub store: Option<StoreId>,
    pub article: String,
    pub reason: String,
    #[serde(default, deserialize_with = "day")]
    pub review: Option<jiff::civil::Date>,
}

impl HoldFile {
    pub fn ground(self) -> Ground {
        Ground {
            article: self.article,
            reason: self.reason,
            review: self.review,
        }
    }
}

fn yes() -> bool {
    true
}

/// One line of text that is shown to people and becomes part of letters.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(D::Error::custom("write one line of text that is not empty"));
    }
    Ok(text)
}

fn base_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    address(&String::deserialize(deserializer)?).ok_or_else(|| {
        D::Error::custom("write the address of the portal, such as \"https://privacy.example.org\"")
    })
}

fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    address(&String::deserialize(deserializer)?).ok_or_else(|| {
        D::Error::custom("write the address of the collector, such as \"http://127.0.0.1:4318\"")
    })
}

/// Without a slash at the end, as it stands before every path.
fn address(text: &str) -> Option<String> {
    let host = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))?
        .trim_end_matches('/');
    let is_address = !host.is_empty() && !host.contains(['?', '#', ' ', '@']);
    is_address.then(|| text.trim_end_matches('/').to_owned())
}

fn timezone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    match jiff::tz::TimeZone::get(&name) {
        Ok(_) => Ok(name),
        Err(_) => Err(D::Error::custom(format!(
            "no time zone is called '{name}'; write an IANA name such as \"Europe/Berlin\""
        ))),
    }
}

/// A TOML date, or the same as text.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<jiff::civil::Date>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Day {
        Toml(toml::value::Datetime),
        Text(String),
    }
    let text = match Day::deserialize(deserializer)? {
        Day::Toml(date) => date.to_string(),
        Day::Text(text) => text,
    };
    text.parse()
        .map(Some)
        .map_err(|_| D::Error::custom("write a date such as 2030-12-31"))
}
