//! From a configuration to a running engine.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use habeas_config::{Config, Database, MailWay, Tls};
use habeas_connector::Connector;
use habeas_domain::{Personal, law::LawBook, plan::Hold};
use habeas_engine::{Engine, Parts, Rules, Site, SystemTime};
use habeas_mail::{Mailer, Sender, SmtpSettings};
use habeas_proof::Signer;
use habeas_storage::{Db, Location, OpenError};
use habeas_vault::{Keyring, RootKey, key_file};
use habeas_web::{JwtKey, Vitals, WebSettings};
use jiff::SignedDuration;
use tokio::task::spawn_blocking;

/// Opens everything that an engine is made of; the schema is brought up to date on the way.
pub async fn open(config: &Config) -> anyhow::Result<Engine> {
    let config = config.clone();
    let parts = spawn_blocking(move || parts(&config)).await??;
    Ok(Engine::new(parts).await?)
}

fn parts(config: &Config) -> anyhow::Result<Parts> {
    let law = LawBook::builtin()?;
    let connectors = crate::stores::all(config)?;
    let root = RootKey::load_or_create(&config.data.root_key)?;
    Ok(Parts {
        site: site(config, &law)?,
        rules: rules(config),
        keyring: Keyring::open(&config.data.keys, &root)?,
        vault: crate::vault::open(config)?,
        mailer: mailer(config)?,
        signer: signer(config)?,
        db: database(config)?,
        root,
        law,
        connectors,
        time: Arc::new(SystemTime),
        cut: None,
    })
}

pub fn location(config: &Config) -> Location {
    match &config.database {
        Database::Sqlite(path) => Location::Sqlite(path.clone()),
        Database::Postgres(url) => Location::Postgres(url.reveal().to_owned()),
    }
}

/// How long a start waits for a database server that is away: it may be starting too.
const AWAY: Duration = Duration::from_secs(30);

/// Blocking.
pub fn database(config: &Config) -> anyhow::Result<Db> {
    let began = Instant::now();
    let location = location(config);
    loop {
        match Db::open(&location) {
            Err(OpenError::Connect { code, .. })
                if code == "unreachable"
                    && matches!(location, Location::Postgres(_))
                    && began.elapsed() < AWAY =>
            {
                tracing::warn!(%code, "the control database is away; trying again");
                std::thread::sleep(Duration::from_secs(1));
            }
            opened => return Ok(opened?),
        }
    }
}

/// The laws that can be chosen, with their titles.
pub fn site(config: &Config, law: &LawBook) -> anyhow::Result<Site> {
    let known: std::collections::BTreeMap<&str, &str> = law
        .profiles()
        .map(|profile| (profile.id.as_str(), profile.title.as_str()))
        .collect();
    let offered: Vec<&str> = match &config.site.laws {
        Some(ids) => ids.iter().map(String::as_str).collect(),
        None => known.keys().copied().collect(),
    };
    let title = |id: &str| {
        let words = || {
            let ids: Vec<&str> = known.keys().copied().collect();
            format!(
                "site.laws: no law profile '{id}'; known are {}",
                ids.join(", ")
            )
        };
        let title = known.get(id).with_context(words)?;
        Ok((id.to_owned(), (*title).to_owned()))
    };
    title(&config.site.default_law)?;
    Ok(Site {
        controller: config.site.controller.clone(),
        base_url: config.site.base_url.clone(),
        contact: config.site.contact.clone(),
        default_law: config.site.default_law.clone(),
        laws: offered
            .into_iter()
            .map(title)
            .collect::<anyhow::Result<_>>()?,
        timezone: config.site.timezone.clone(),
    })
}

pub fn rules(config: &Config) -> Rules {
    let (given, usual) = (&config.rules, Rules::default());
    Rules {
        holds: config
            .holds
            .iter()
            .map(|hold| Hold {
                store: hold.store.clone(),
                ground: hold.ground.clone(),
            })
            .collect(),
        row_cap: given.row_cap.map_or(usual.row_cap, u64::from),
        officers_mail: config.mail.officers.as_deref().map(Personal::from),
        max_running: given.max_running.map_or(usual.max_running, i64::from),
        patience: given.patience_minutes.map_or(usual.patience, |minutes| {
            SignedDuration::from_mins(minutes.into())
        }),
        download_days: given.download_days.map_or(usual.download_days, i64::from),
        lease: usual.lease,
    }
}

pub fn mailer(config: &Config) -> anyhow::Result<Mailer> {
    let mail = &config.mail;
    let sender = Sender::new(&mail.sender_name, &mail.sender).context("mail.sender")?;
    match &mail.way {
        MailWay::Folder(folder) => Ok(Mailer::folder(folder, sender)),
        MailWay::Smtp(smtp) => {
            let (user, password) = smtp.login.clone().unzip();
            let settings = SmtpSettings {
                host: smtp.host.clone(),
                port: smtp.port,
                tls: match smtp.tls {
                    Tls::None => habeas_mail::Tls::None,
                    Tls::StartTls => habeas_mail::Tls::StartTls,
                    Tls::Implicit => habeas_mail::Tls::Implicit,
                },
                user,
                password: password.map(|password| Personal::from(password.reveal())),
            };
            Mailer::smtp(settings, sender).context("mail.smtp")
        }
    }
}

fn signer(config: &Config) -> anyhow::Result<Signer> {
    let seed = key_file::load_or_create(&config.data.signing_seed)?;
    let name = format!("{}/habeas", config.site.host());
    Ok(Signer::from_seed(*seed, &name)?)
}

/// `mail_page` is for the demo alone: it shows every letter to anybody.
pub fn web_settings(config: &Config, mail_page: Option<PathBuf>) -> anyhow::Result<WebSettings> {
    let keys = config.web.api_keys.iter();
    Ok(WebSettings {
        jwt_keys: keys
            .map(|key| JwtKey::parse(&key.kid, &key.public_pem))
            .collect::<Result<_, _>>()
            .context("web.api_keys")?,
        jwt_audience: config.web.api_audience.clone(),
        secure_cookies: config.site.is_secure(),
        mail_page,
        vitals: Vitals::default(),
    })
}

/// The store with this name.
pub fn store(config: &Config, name: &str) -> anyhow::Result<Arc<dyn Connector>> {
    let all = crate::stores::all(config)?;
    let names: Vec<String> = all
        .iter()
        .map(|store| store.map().store.to_string())
        .collect();
    all.into_iter()
        .find(|store| store.map().store.as_str() == name)
        .with_context(|| {
            format!(
                "no store '{name}' is configured; there are {}",
                names.join(", ")
            )
        })
}
