//! The set of containers is described in three files that must agree. Nothing is started here: this
//! is what can be known about them without a container engine.

use std::{collections::BTreeSet, path::Path};

use habeas_config::{Bucket, Config, Database, VaultPlace};
use serde_json::Value;

const COMPOSE: &str = include_str!("../../../docker/compose.yaml");
const HABEAS: &str = include_str!("../../../docker/habeas.toml");
const S3: &str = include_str!("../../../docker/s3.json");

fn compose() -> Value {
    serde_saphyr::from_str(COMPOSE).unwrap()
}

/// The mounted configuration, with the environment that the set gives it.
fn config() -> Config {
    let folder = tempfile::tempdir().unwrap();
    let environment = compose()["services"]["worker"]["environment"].clone();
    let mut text = HABEAS.to_owned();
    for (name, value) in environment.as_object().unwrap() {
        std::fs::write(folder.path().join(name), value.as_str().unwrap()).unwrap();
        text = text.replace(&format!("env:{name}"), &format!("file:{name}"));
    }
    assert!(!text.contains("env:"), "every variable is set: {text}");
    Config::parse("habeas.toml", &text, folder.path()).unwrap()
}

fn bucket() -> Bucket {
    match config().vault {
        VaultPlace::S3(bucket) => bucket,
        VaultPlace::Folder(path) => panic!("{} is not shared", path.display()),
    }
}

/// The host of a URL.
fn host(url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    let authority = rest.split('/').next().unwrap();
    let host = authority.rsplit('@').next().unwrap();
    host.split(':').next().unwrap().to_owned()
}

#[test]
fn every_key_of_the_mounted_configuration_is_known() {
    assert_eq!(config().web.listen.port(), 8080);
}

#[test]
fn what_the_configuration_connects_to_is_in_the_set() {
    let Database::Postgres(url) = config().database else {
        panic!("several processes need PostgreSQL");
    };
    let services = compose()["services"].clone();
    for host in [host(url.reveal()), host(&bucket().endpoint.unwrap())] {
        assert!(services.get(&host).is_some(), "{host}");
    }
}

#[test]
fn the_s3_server_knows_the_key_and_the_bucket_is_made() {
    let (known, bucket): (Value, _) = (serde_json::from_str(S3).unwrap(), bucket());
    let identity = &known["identities"][0];
    let credentials = &identity["credentials"][0];
    assert_eq!(credentials["accessKey"], bucket.access_key_id.reveal());
    assert_eq!(credentials["secretKey"], bucket.secret_access_key.reveal());
    for action in identity["actions"].as_array().unwrap() {
        let of = action.as_str().unwrap().split_once(':').unwrap().1;
        assert_eq!(of, bucket.name);
    }
    let made = compose()["services"]["bucket"]["command"][0].clone();
    let made = made.as_str().unwrap().to_owned();
    assert!(made.contains(&format!("-name {}'", bucket.name)), "{made}");
}

#[test]
fn two_workers_and_the_pages_run_the_same_image_with_the_same_keys() {
    let compose = compose();
    let services = &compose["services"];
    assert_eq!(services["worker"]["deploy"]["replicas"], 2);
    for shared in ["image", "volumes", "environment"] {
        assert_eq!(services["web"][shared], services["worker"][shared]);
    }
    let volumes: BTreeSet<&str> = services
        .as_object()
        .unwrap()
        .values()
        .flat_map(|service| service["volumes"].as_array().into_iter().flatten())
        .filter_map(|volume| volume.as_str()?.split(':').next())
        .collect();
    for volume in volumes {
        let file = volume.strip_prefix("./");
        let is_there = match file {
            Some(file) => Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../docker")
                .join(file)
                .exists(),
            None => compose["volumes"].get(volume).is_some(),
        };
        assert!(is_there, "{volume}");
    }
}
