//! `habeas check`: everything that can be wrong is looked for before a request depends on it.
//!
//! It makes no keys and sends no letter. Opening the control database brings its schema up to date.

use std::{net::ToSocketAddrs, path::Path, time::Duration};

use habeas_config::{Config, ConfigError, Database, MailWay, VaultPlace};
use habeas_connector::{Connector, Drift, DriftKind};
use habeas_domain::law::LawBook;
use habeas_storage::OpenError;
use habeas_vault::{RootKey, key_file};
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::{drift, map};
use crate::{Context, End, failure, stores, vault, world};

/// What was noticed about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Such as `database` or `store shop`.
    pub about: String,
    pub level: Level,
    /// Place in a data map, or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Where that stands in the map's file.
    #[serde(flatten)]
    pub spot: Option<map::Spot>,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Ok,
    /// Worth a look.
    Note,
    /// Must be mended first.
    Fatal,
}

impl Finding {
    pub fn new(about: &str, level: Level, message: impl Into<String>) -> Self {
        Self {
            about: about.to_owned(),
            level,
            path: String::new(),
            spot: None,
            message: message.into(),
        }
    }

    /// Good, with these words, or fatal with those of the error.
    pub fn of<E: Into<anyhow::Error>>(about: &str, result: Result<String, E>) -> Self {
        match result {
            Ok(words) => Self::new(about, Level::Ok, words),
            Err(error) => Self::new(about, Level::Fatal, failure::in_one_line(&error.into())),
        }
    }

    pub fn in_words(&self) -> String {
        let mark = match self.level {
            Level::Ok => "ok  ",
            Level::Note => "note",
            Level::Fatal => "FIX ",
        };
        let path = if self.path.is_empty() {
            String::new()
        } else {
            format!("{}: ", self.path)
        };
        let spot = self
            .spot
            .as_ref()
            .map_or(String::new(), |it| format!("{it}: "));
        format!("{mark}  {}: {spot}{path}{}\n", self.about, self.message)
    }
}

#[derive(Debug, Serialize)]
struct Checked {
    ok: bool,
    findings: Vec<Finding>,
}

pub async fn run(context: &Context) -> anyhow::Result<End> {
    let findings = match Config::load(&context.config) {
        Ok(config) => everything(&config).await?,
        Err(error) => vec![Finding::of::<ConfigError>("configuration", Err(error))],
    };
    Ok(report(context, findings))
}

/// Prints findings; the end tells whether one of them is fatal.
pub fn report(context: &Context, findings: Vec<Finding>) -> End {
    let ok = findings.iter().all(|finding| finding.level != Level::Fatal);
    context.out.result(&Checked { ok, findings }, |checked| {
        let lines: String = checked.findings.iter().map(Finding::in_words).collect();
        let verdict = if ok {
            "ready"
        } else {
            "not ready: mend what is marked FIX"
        };
        format!("{lines}\n{verdict}")
    });
    if ok { End::Success } else { End::Failed }
}

async fn everything(config: &Config) -> anyhow::Result<Vec<Finding>> {
    let owned = config.clone();
    let mut findings = vec![Finding::new(
        "configuration",
        Level::Ok,
        "every key is known",
    )];
    findings.extend(spawn_blocking(move || here(&owned)).await?);
    let mut names = Vec::new();
    for entry in &config.stores {
        match stores::one(entry) {
            Ok(connector) => {
                let id = connector.map().store.clone();
                if names.contains(&id) {
                    let words = format!("{} has the same name", entry.map.display());
                    findings.push(Finding::new(&format!("store {id}"), Level::Fatal, words));
                }
                names.push(id);
                let found = store(connector.as_ref()).await;
                findings.extend(map::placed(found, &entry.map));
            }
            Err(error) => findings.extend(map::refused(error)),
        }
    }
    if config.stores.is_empty() {
        let words = "none is configured; requests will find nothing";
        findings.push(Finding::new("stores", Level::Note, words));
    }
    for hold in config.holds.iter().filter_map(|hold| hold.store.as_ref()) {
        if !names.contains(hold) {
            let words = format!("no store '{hold}' is configured");
            findings.push(Finding::new("holds", Level::Fatal, words));
        }
    }
    Ok(findings)
}

/// What is on this machine, or one connection away. Blocking.
fn here(config: &Config) -> Vec<Finding> {
    let law = LawBook::builtin()
        .map_err(anyhow::Error::from)
        .and_then(|book| world::site(config, &book))
        .map(|site| format!("{} law profiles", site.laws.len()));
    let mut findings = vec![Finding::of("law", law), database(config)];
    findings.push(secret("root key", &config.data.root_key, |path| {
        RootKey::load(path).map(|_| ())
    }));
    findings.push(secret("signing seed", &config.data.signing_seed, |path| {
        key_file::load(path).map(|_| ())
    }));
    findings.push(folder("keys", &config.data.keys));
    findings.push(sealed(config));
    findings.push(Finding::of("mail", mail(config)));
    let web = world::web_settings(config, None).map(|settings| {
        format!(
            "{}, {} API keys",
            config.web.listen,
            settings.jwt_keys.len()
        )
    });
    findings.push(Finding::of("web", web));
    findings
}

fn database(config: &Config) -> Finding {
    if let Database::Sqlite(path) = &config.database
        && !path.exists()
    {
        let words = format!(
            "{} is not there yet; it is made at the first start",
            path.display()
        );
        return Finding::new("database", Level::Note, words);
    }
    match habeas_storage::Db::open(&world::location(config)) {
        Err(OpenError::InUse { .. }) => {
            let words = "in use by a running process, which has it open";
            Finding::new("database", Level::Note, words)
        }
        opened => Finding::of(
            "database",
            opened.map(|_| world::location(config).to_string()),
        ),
    }
}

fn secret<E: Into<anyhow::Error>>(
    about: &str,
    path: &Path,
    load: impl FnOnce(&Path) -> Result<(), E>,
) -> Finding {
    if path.exists() {
        Finding::of(about, load(path).map(|()| path.display().to_string()))
    } else {
        let words = format!(
            "{} is not there yet; it is made at the first start",
            path.display()
        );
        Finding::new(about, Level::Note, words)
    }
}

fn folder(about: &str, path: &Path) -> Finding {
    let shown = path.display();
    if path.is_dir() {
        Finding::new(about, Level::Ok, shown.to_string())
    } else if path.exists() {
        Finding::new(about, Level::Fatal, format!("{shown} is no folder"))
    } else {
        let words = format!("{shown} is not there yet; it is made at the first start");
        Finding::new(about, Level::Note, words)
    }
}

/// A folder is looked at, a bucket is tried.
fn sealed(config: &Config) -> Finding {
    match &config.vault {
        VaultPlace::Folder(path) => folder("vault", path),
        VaultPlace::S3(bucket) => {
            let words = format!(
                "bucket {} can be written, read, listed and emptied",
                bucket.name
            );
            Finding::of("vault", vault::probe(config).map(|()| words))
        }
    }
}

/// How long a mail server may take to answer the telephone.
const PATIENCE: Duration = Duration::from_secs(5);

fn mail(config: &Config) -> anyhow::Result<String> {
    world::mailer(config)?;
    match &config.mail.way {
        MailWay::Folder(path) => Ok(format!("letters go to {}", path.display())),
        MailWay::Smtp(smtp) => {
            let server = format!("{}:{}", smtp.host, smtp.port);
            let unreachable = |why: String| anyhow::anyhow!("{server} cannot be reached: {why}");
            let mut addresses = (smtp.host.as_str(), smtp.port)
                .to_socket_addrs()
                .map_err(|error| unreachable(error.to_string()))?;
            let address = addresses
                .next()
                .ok_or_else(|| unreachable("the name has no address".to_owned()))?;
            std::net::TcpStream::connect_timeout(&address, PATIENCE)
                .map_err(|error| unreachable(error.kind().to_string()))?;
            Ok(format!("{server} answers; no letter was sent"))
        }
    }
}

/// Connects to a store and compares its map with what is there.
pub async fn store(connector: &dyn Connector) -> Vec<Finding> {
    let map = connector.map();
    let about = format!("store {}", map.store);
    let report = match connector.check().await {
        Ok(report) => report,
        Err(error) => return vec![Finding::of(&about, Err(error))],
    };
    let words = format!(
        "{} collections, by {}",
        map.collections.len(),
        connector.capabilities().connector
    );
    let mut findings = Vec::new();
    if report.is_usable() {
        findings.push(Finding::new(&about, Level::Ok, words));
    }
    findings.extend(report.findings.into_iter().map(|found| Finding {
        about: about.clone(),
        level: if found.fatal {
            Level::Fatal
        } else {
            Level::Note
        },
        path: found.path,
        spot: None,
        message: found.message,
    }));
    findings.extend(map::notes(&about, map));
    findings.extend(drifted(&about, map.store.as_str(), &report.drift));
    findings
}

/// Data that nobody mapped must be mended; other differences are counted.
fn drifted(about: &str, store: &str, drift: &[Drift]) -> Vec<Finding> {
    let (personal, others): (Vec<&Drift>, Vec<&Drift>) = drift
        .iter()
        .partition(|drift| drift.kind == DriftKind::Personal);
    let mut findings: Vec<Finding> = personal
        .into_iter()
        .map(|drift| Finding {
            path: drift::place(drift),
            ..Finding::new(about, Level::Fatal, drift.message.clone())
        })
        .collect();
    if !others.is_empty() {
        let words = format!(
            "{} other differences from the map; 'habeas store discover {store} --diff' lists them",
            others.len()
        );
        findings.push(Finding::new(about, Level::Note, words));
    }
    findings
}
