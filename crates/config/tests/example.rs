//! The example that people begin with is a configuration, with and without its suggestions.

use std::{fs, path::Path};

use habeas_config::{Config, ConfigError, Database, MailWay, StoreKind, VaultPlace};

const EXAMPLE: &str = include_str!("../../../habeas.example.toml");

#[test]
fn the_example_is_a_configuration() {
    let config = Config::parse("habeas.example.toml", EXAMPLE, Path::new("/srv/habeas")).unwrap();
    assert_eq!(
        config.database,
        Database::Sqlite("/srv/habeas/habeas.db".into())
    );
    let StoreKind::Sqlite { path } = &config.stores[0].kind else {
        panic!("the example's store is a SQLite file");
    };
    assert_eq!(path, Path::new("/srv/habeas/shop.db"));
}

/// What gives way to a suggestion.
const ONE_OF_TWO: [&str; 4] = [
    "sqlite =",
    "folder = \"letters\"",
    "kind = \"folder\"",
    "# path = \"/var/lib/habeas/vault\"",
];

/// What is commented out is the other half of the reference; it must not go stale either.
#[test]
fn what_the_example_leaves_out_is_a_configuration_too() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("backoffice.pub.pem", "-----BEGIN PUBLIC KEY-----"),
        ("secret", "postgres://habeas:hunter2@localhost/habeas\n"),
    ] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let all: String = EXAMPLE
        .lines()
        .filter(|line| !ONE_OF_TWO.iter().any(|it| line.starts_with(it)))
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with('[') || rest.contains(" = ") => rest,
            Some(_) | None => line,
        })
        .map(|line| match line.split_once("\"env:") {
            Some((key, _)) => format!("{key}\"file:secret\"\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let config = Config::parse("all.toml", &all, folder.path()).unwrap();
    assert!(
        matches!(&config.database, Database::Postgres(url) if url.reveal().ends_with("/habeas"))
    );
    assert!(matches!(&config.vault, VaultPlace::S3(bucket) if bucket.name == "habeas"));
    assert!(matches!(&config.mail.way, MailWay::Smtp(smtp) if smtp.port == 587));
    assert_eq!(
        (
            config.stores.len(),
            config.holds.len(),
            config.web.api_keys.len()
        ),
        (3, 1, 1)
    );
}

#[test]
fn a_file_that_is_not_there_or_no_file_is_named() {
    let error = Config::load(Path::new("/nowhere/habeas.toml")).unwrap_err();
    let expected = "/nowhere/habeas.toml is not there; habeas.example.toml shows what to write";
    assert_eq!(error.to_string(), expected);
    let folder = tempfile::tempdir().unwrap();
    let error = Config::load(folder.path()).unwrap_err();
    assert!(matches!(&error, ConfigError::Read { path, .. } if path == folder.path()));
}
