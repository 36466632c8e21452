//! From the shape of the file to the configuration: paths made whole, secrets fetched, and what
//! belongs together tied together.

pub(crate) mod vault;

use std::{
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    ApiKey, Config, ConfigError, DataFolders, Database, Hold, LogFormat, Mail, MailWay, Operate,
    Rules, Site, Smtp, Store, StoreKind, StoreLimits, Tls, Traces, Web,
    file::{self, File},
    secret::{Lookup, UrlRef},
};

/// Where fields are looked at and faults are named.
struct Reader<'a> {
    file: &'a str,
    base: &'a Path,
    lookup: Lookup<'a>,
}

/// Reads a text; `lookup` stands for the environment.
pub(crate) fn read(
    file: &str,
    text: &str,
    base: &Path,
    lookup: Lookup<'_>,
) -> Result<Config, ConfigError> {
    let read: File =
        toml::from_str(text).map_err(|error| ConfigError::syntax(file, text, &error))?;
    Reader { file, base, lookup }.config(read)
}

impl Reader<'_> {
    fn wrong(&self, field: &str, problem: impl Into<String>) -> ConfigError {
        ConfigError::Field {
            file: self.file.to_owned(),
            field: field.to_owned(),
            problem: problem.into(),
        }
    }

    fn path(&self, path: PathBuf) -> PathBuf {
        self.base.join(path)
    }

    fn config(&self, read: File) -> Result<Config, ConfigError> {
        let site = self.site(read.site)?;
        Ok(Config {
            database: self.database(read.database)?,
            vault: self.vault(read.vault, &read.data.folder)?,
            data: self.data(read.data),
            mail: self.mail(read.mail, &site.controller)?,
            web: self.web(read.web)?,
            operate: operate(read.operate),
            rules: Rules {
                row_cap: read.rules.row_cap.map(u32::from),
                max_running: read.rules.max_running.map(u32::from),
                patience_minutes: read.rules.patience_minutes.map(u32::from),
                download_days: read.rules.download_days.map(u32::from),
            },
            stores: read
                .stores
                .into_iter()
                .enumerate()
                .map(|(n, store)| self.store(n, store))
                .collect::<Result<_, _>>()?,
            holds: read
                .holds
                .into_iter()
                .map(|hold| Hold {
                    store: hold.store.clone(),
                    ground: hold.ground(),
                })
                .collect(),
            site,
        })
    }

    fn site(&self, read: file::SiteFile) -> Result<Site, ConfigError> {
        if let Some(laws) = &read.laws
            && !laws.contains(&read.default_law)
        {
            let problem = format!("'{}' is not among 'laws'; add it there", read.default_law);
            return Err(self.wrong("site.default_law", problem));
        }
        Ok(Site {
            controller: read.controller,
            base_url: read.base_url,
            contact: read.contact,
            timezone: read.timezone,
            default_law: read.default_law,
            laws: read.laws,
        })
    }

    fn database(&self, read: file::DatabaseFile) -> Result<Database, ConfigError> {
        match (read.sqlite, read.postgres) {
            (Some(path), None) => Ok(Database::Sqlite(self.path(path))),
            (None, Some(url)) => url
                .fetch(self.base, self.lookup)
                .map(Database::Postgres)
                .map_err(|problem| self.wrong("database.postgres", problem)),
            (Some(_), Some(_)) | (None, None) => Err(self.wrong(
                "database",
                "write either sqlite = \"habeas.db\" or postgres = \"env:HABEAS_DATABASE_URL\"",
            )),
        }
    }

    fn data(&self, read: file::DataFile) -> DataFolders {
        let folder = self.path(read.folder);
        let below = |given: Option<PathBuf>, name: &str| match given {
            Some(path) => self.path(path),
            None => folder.join(name),
        };
        DataFolders {
            root_key: below(read.root_key, "root.key"),
            signing_seed: below(read.signing_seed, "signing.seed"),
            keys: below(read.keys, "keys"),
        }
    }

    fn mail(&self, read: file::MailFile, controller: &str) -> Result<Mail, ConfigError> {
        let way = match (read.folder, read.smtp) {
            (Some(folder), None) => MailWay::Folder(self.path(folder)),
            (None, Some(smtp)) => MailWay::Smtp(self.smtp(smtp)?),
            (Some(_), Some(_)) | (None, None) => {
                return Err(self.wrong("mail", "write either folder = \"letters\" or [mail.smtp]"));
            }
        };
        Ok(Mail {
            sender_name: read.sender_name.unwrap_or_else(|| controller.to_owned()),
            sender: read.sender,
            officers: read.officers,
            way,
        })
    }

    fn smtp(&self, read: file::SmtpFile) -> Result<Smtp, ConfigError> {
        let (tls, usual_port) = match read.tls {
            file::TlsFile::None => (Tls::None, 25),
            file::TlsFile::StartTls => (Tls::StartTls, 587),
            file::TlsFile::Implicit => (Tls::Implicit, 465),
        };
        let login = match (read.user, read.password) {
            (None, None) => None,
            (Some(user), Some(password)) => {
                let password = password
                    .fetch(self.base, self.lookup)
                    .map_err(|problem| self.wrong("mail.smtp.password", problem))?;
                Some((user, password))
            }
            (Some(_), None) | (None, Some(_)) => {
                return Err(self.wrong("mail.smtp", "a login needs both user and password"));
            }
        };
        Ok(Smtp {
            host: read.host,
            port: read.port.unwrap_or(usual_port),
            tls,
            login,
        })
    }

    fn web(&self, read: file::WebFile) -> Result<Web, ConfigError> {
        if !read.api_keys.is_empty() && read.api_audience.as_ref().is_none_or(String::is_empty) {
            let problem = "name what the tokens of [[web.api_keys]] are made for";
            return Err(self.wrong("web.api_audience", problem));
        }
        let api_keys = read.api_keys.into_iter().enumerate().map(|(n, key)| {
            let path = self.path(key.public_pem);
            let public_pem = fs::read_to_string(&path).map_err(|error| {
                let problem = format!("cannot read {}: {}", path.display(), error.kind());
                self.wrong(&format!("web.api_keys[{n}].public_pem"), problem)
            })?;
            Ok(ApiKey {
                kid: key.kid,
                public_pem,
            })
        });
        Ok(Web {
            listen: read.listen,
            api_audience: read.api_audience.unwrap_or_default(),
            api_keys: api_keys.collect::<Result<_, _>>()?,
        })
    }

    fn store(&self, n: usize, read: file::StoreFile) -> Result<Store, ConfigError> {
        let field = |key: &str| format!("stores[{n}].{key}");
        let fetch = |url: UrlRef| {
            url.fetch(self.base, self.lookup)
                .map_err(|problem| self.wrong(&field("url"), problem))
        };
        let kind = match (read.connector, read.path, read.url) {
            (file::Connector::Sqlite, Some(path), None) => StoreKind::Sqlite {
                path: self.path(path),
            },
            (file::Connector::Postgres, None, Some(url)) => {
                StoreKind::Postgres { url: fetch(url)? }
            }
            (file::Connector::Mysql, None, Some(url)) => StoreKind::Mysql { url: fetch(url)? },
            (file::Connector::Sqlite, _, _) => {
                let problem = "connector = \"sqlite\" needs path = \"file.db\" and no url";
                return Err(self.wrong(&field("path"), problem));
            }
            (file::Connector::Postgres, _, _) => {
                let problem = "connector = \"postgres\" needs url = \"env:NAME\" and no path";
                return Err(self.wrong(&field("url"), problem));
            }
            (file::Connector::Mysql, _, _) => {
                let problem = "connector = \"mysql\" needs url = \"env:NAME\" and no path";
                return Err(self.wrong(&field("url"), problem));
            }
        };
        let key = read.pseudonym_key.map(|key| {
            key.fetch(self.base, self.lookup)
                .map_err(|problem| self.wrong(&field("pseudonym_key"), problem))
        });
        let seconds =
            |limit: Option<NonZeroU32>| limit.map(|it| Duration::from_secs(it.get().into()));
        Ok(Store {
            kind,
            map: self.path(read.map),
            effect_table: read.effect_table,
            limits: StoreLimits {
                batch: read.batch.map(NonZeroU32::get),
                chunk_rows: read.chunk_rows.map(NonZeroU32::get),
                share_cap: read.share_cap.map(|percent| percent.0),
                connect_timeout: seconds(read.connect_timeout_seconds),
                statement_timeout: seconds(read.statement_timeout_seconds),
                lock_timeout: seconds(read.lock_timeout_seconds),
            },
            pseudonym_key: key.transpose()?,
        })
    }
}

fn operate(read: file::OperateFile) -> Operate {
    Operate {
        listen: read.listen,
        log: match read.log {
            file::LogFile::Text => LogFormat::Text,
            file::LogFile::Json => LogFormat::Json,
        },
        traces: read.traces.map(|traces| Traces {
            endpoint: traces.endpoint,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    pub(super) const SMALL: &str = r#"
[site]
controller = "Larch & Linen"
base_url = "https://privacy.example.org/"
contact = "privacy@example.org"
timezone = "Europe/Berlin"
default_law = "eu"
[database]
postgres = "env:DB"
[mail]
sender = "privacy@example.org"
folder = "letters"
"#;

    pub(super) fn read(text: &str) -> Result<Config, ConfigError> {
        let lookup = |name: &str| (name == "DB").then(|| "postgres://a:b@c/d".to_owned());
        super::read("habeas.toml", text, Path::new("/etc/habeas"), &lookup)
    }

    pub(super) fn fault(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn paths_are_relative_to_the_file_and_secrets_are_fetched() {
        let config = read(SMALL).unwrap();
        assert_eq!(
            config.database,
            Database::Postgres(Secret::new("postgres://a:b@c/d"))
        );
        assert_eq!(config.data.keys, Path::new("/etc/habeas/habeas-data/keys"));
        assert_eq!(
            config.mail.way,
            MailWay::Folder("/etc/habeas/letters".into())
        );
        assert_eq!(config.mail.sender_name, "Larch & Linen");
        assert_eq!(config.site.base_url, "https://privacy.example.org");
        assert_eq!(config.site.host(), "privacy.example.org");
        assert!(
            !format!("{config:?}").contains("a:b"),
            "a secret never prints"
        );
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let fault = fault(&SMALL.replace("contact =", "contakt ="));
        assert!(
            fault.starts_with("habeas.toml:5: unknown field `contakt`"),
            "{fault}"
        );
    }

    #[test]
    fn a_wrong_value_is_named_with_its_line_and_what_to_write() {
        for (from, to, expected) in [
            (
                "Europe/Berlin",
                "Berlin",
                "habeas.toml:6: no time zone is called 'Berlin'",
            ),
            (
                "https://privacy",
                "privacy",
                "habeas.toml:4: write the address of the portal",
            ),
            (
                "env:DB",
                "postgres://a:b@c/d",
                "habeas.toml:9: a password does not stand here",
            ),
        ] {
            let fault = fault(&SMALL.replace(from, to));
            assert!(fault.starts_with(expected), "{fault}");
            assert!(
                !fault.contains("a:b"),
                "a secret is never repeated: {fault}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_together_is_named_by_its_field() {
        let with = |more: &str| fault(&format!("{SMALL}{more}"));
        for (fault, expected) in [
            (
                fault(&SMALL.replace("env:DB", "env:NONE")),
                "database.postgres: the environment variable NONE is not set",
            ),
            (
                fault(&SMALL.replace("postgres = \"env:DB\"", "")),
                "database: write either sqlite",
            ),
            (
                with("[mail.smtp]\nhost = \"localhost\""),
                "mail: write either folder",
            ),
            (
                with("[[stores]]\nconnector = \"sqlite\"\nmap = \"m.yaml\""),
                "stores[0].path: connector = \"sqlite\" needs path",
            ),
            (
                with("[[stores]]\nconnector = \"mysql\"\npath = \"shop.db\"\nmap = \"m.yaml\""),
                "stores[0].url: connector = \"mysql\" needs url",
            ),
            (
                with("[[web.api_keys]]\nkid = \"a\"\npublic_pem = \"a.pem\""),
                "web.api_audience: name what",
            ),
            (
                fault(&SMALL.replace(
                    "default_law = \"eu\"",
                    "default_law = \"eu\"\nlaws = [\"uk\"]",
                )),
                "site.default_law: 'eu' is not among 'laws'",
            ),
        ] {
            assert!(
                fault.starts_with(&format!("habeas.toml: {expected}")),
                "{fault}"
            );
        }
    }

    #[test]
    fn a_hold_is_a_ground_with_a_day_on_which_it_is_looked_at_again() {
        let more =
            "[[holds]]\nstore = \"shop\"\narticle = \"A\"\nreason = \"R\"\nreview = 2030-12-31";
        let hold = read(&format!("{SMALL}{more}")).unwrap().holds.remove(0);
        assert_eq!(hold.store.unwrap().as_str(), "shop");
        assert_eq!(hold.ground.review.unwrap().to_string(), "2030-12-31");
    }

    #[test]
    fn a_store_has_limits_and_a_key_of_its_own() {
        let store = |more: &str| {
            format!(
                "{SMALL}[[stores]]\nconnector = \"sqlite\"\npath = \"a.db\"\nmap = \"a.yaml\"\n{more}"
            )
        };
        let plain = read(&store("")).unwrap().stores.remove(0);
        assert_eq!(plain.limits, StoreLimits::default());
        assert_eq!(plain.pseudonym_key, None);
        let all = "batch = 7\nchunk_rows = 9\nshare_cap = 30\nlock_timeout_seconds = 2\npseudonym_key = \"env:DB\"";
        let all = read(&store(all)).unwrap().stores.remove(0);
        let limits = StoreLimits {
            batch: Some(7),
            chunk_rows: Some(9),
            share_cap: Some(30),
            lock_timeout: Some(Duration::from_secs(2)),
            ..StoreLimits::default()
        };
        assert_eq!(all.limits, limits);
        assert!(all.pseudonym_key.is_some());
        for (wrong, words) in [
            ("share_cap = 0", "from 1 to 100"),
            ("chunk_rows = 0", "habeas.toml:"),
            (
                "pseudonym_key = \"env:NOT_THERE\"",
                "stores[0].pseudonym_key",
            ),
        ] {
            let said = fault(&store(wrong));
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn nothing_is_shown_to_operators_unless_they_say_where() {
        assert_eq!(read(SMALL).unwrap().operate, Operate::default());
        let more = "[operate]\nlisten = \"127.0.0.1:9464\"\nlog = \"json\"\n\
                    [operate.traces]\nendpoint = \"http://127.0.0.1:4318/\"";
        let all = Operate {
            listen: Some(([127, 0, 0, 1], 9464).into()),
            log: LogFormat::Json,
            traces: Some(Traces {
                endpoint: "http://127.0.0.1:4318".to_owned(),
            }),
        };
        assert_eq!(read(&format!("{SMALL}{more}")).unwrap().operate, all);
        let wrong = fault(&format!(
            "{SMALL}[operate.traces]\nendpoint = \"localhost:4318\""
        ));
        assert!(
            wrong.contains("write the address of the collector"),
            "{wrong}"
        );
    }
}
