//! Encrypted connections to a server with a certificate of our own making.

mod shop;

use std::{fs, path::PathBuf};

use futures::StreamExt as _;
use habeas_connector::{
    Access, Connector, ErrorClass, StoreError,
    conformance::script::{self, locate_one},
};
use habeas_connector_postgres::{Options, PostgresConnector};
use habeas_domain::{Identifier, data_map::DataMap};
use habeas_testkit::postgres::{Server, load};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use shop::MAP;
use tempfile::TempDir;
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

fn authority(folder: &TempDir, name: &str) -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let file = folder.path().join(name);
    fs::write(&file, issuer.pem()).unwrap();
    Authority { issuer, file }
}

/// A server that shows a certificate for this name.
async fn server(authority: &Authority, name: &str) -> Server {
    let server = Server::start().unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    let write = |file: &str, text: &str| {
        // The server's own user must own the key, and nobody else may read it.
        format!(
            "copy (select line from unnest(string_to_array('{}', E'\\n')) line) \
             to program 'umask 077; cat > {file}'; ",
            text.trim()
        )
    };
    let (client, connection) = tokio_postgres::connect(server.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    let files = write("server.crt", &certificate.pem())
        + &write("server.key", &key.serialize_pem())
        + &write("pg_hba.conf", "hostssl all all all scram-sha-256");
    client.batch_execute(&files).await.unwrap();
    client
        .batch_execute("alter system set ssl = on")
        .await
        .unwrap();
    client
        .execute("select pg_reload_conf()", &[])
        .await
        .unwrap();
    // From here on the server takes encrypted connections only: whoever gets in is encrypted. A
    // reload is seen by sessions that begin after the signal has arrived.
    for _ in 0..2_000 {
        if !is_open(&server).await {
            return server;
        }
    }
    panic!("the server did not read its settings again")
}

/// The server still lets plain connections in.
async fn is_open(server: &Server) -> bool {
    match tokio_postgres::connect(server.url(), NoTls).await {
        Ok((_, connection)) => {
            drop(connection);
            true
        }
        Err(_) => false,
    }
}

fn connector(server: &Server, settings: &str, host: &str) -> PostgresConnector {
    let url = server.url().replace("127.0.0.1", host);
    let map = DataMap::parse("map.yaml", MAP).unwrap();
    PostgresConnector::new(format!("{url}?{settings}"), map, Options::default()).unwrap()
}

async fn refused(connector: &PostgresConnector) -> StoreError {
    connector.check().await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_encrypted_and_the_certificate_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority(&folder, "ours.pem");
    let theirs = authority(&folder, "theirs.pem");
    let server = server(&ours, "localhost").await;
    let file = folder.path().join("shop.sql");
    fs::write(&file, shop::text()).unwrap();
    load(server.url(), &file);
    let trusting = |authority: &Authority| {
        format!(
            "sslmode=verify-full&sslrootcert={}",
            authority.file.display()
        )
    };

    let good = connector(&server, &trusting(&ours), "localhost");
    let person = || script::subject(&Identifier::email("ben@example.org").unwrap());
    assert_eq!(script::total(&locate_one(&good, &person()).await.rows), 7);
    let access = Access {
        subjects: vec![person()],
        cancel: CancellationToken::new(),
    };
    let rows: Vec<_> = good.access(access).await.unwrap().collect().await;
    assert!(rows.iter().all(Result::is_ok));

    for (name, bad) in [
        (
            "another authority",
            connector(&server, &trusting(&theirs), "localhost"),
        ),
        (
            "another host",
            connector(&server, &trusting(&ours), "127.0.0.1"),
        ),
        (
            "no authority named",
            connector(&server, "sslmode=require", "localhost"),
        ),
    ] {
        let error = refused(&bad).await;
        assert_eq!(
            (error.class, error.code.as_str()),
            (ErrorClass::Permanent, "tls"),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_refused_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority(&folder, "ours.pem");
    let server = Server::start().unwrap();
    let settings = format!("sslmode=require&sslrootcert={}", ours.file.display());
    let error = refused(&connector(&server, &settings, "localhost")).await;
    assert_eq!(error.code, "tls", "{error}");
}
