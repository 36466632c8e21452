//! TLS with a server whose certificate an authority of the test's own has signed.

mod live;

use habeas_connector::{Connector, ErrorClass, StoreError};
use habeas_testkit::mariadb::{Database, Server};
use live::connect;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

const MAP: &str = "
habeas: 1
store: tls
title: TLS
collections:
  person:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
";

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server that says it is 127.0.0.1, on the word of this authority.
fn server(authority: &Authority) -> Server {
    Server::start_with(|folder| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, authority).unwrap();
        let file = |name: &str, text: String| {
            let path = folder.join(name);
            std::fs::write(&path, text)?;
            Ok::<_, std::io::Error>(path.display().to_string())
        };
        Ok(vec![
            format!("--ssl-cert={}", file("server.pem", certificate.pem())?),
            format!("--ssl-key={}", file("server.key", key.serialize_pem())?),
        ])
    })
    .unwrap()
}

async fn check(url: &str) -> Result<(), StoreError> {
    connect(url, MAP)
        .check()
        .await
        .map(|report| assert!(report.is_usable()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_believed_only_by_its_certificate_and_its_name() {
    let (trusted, stranger) = (authority(), authority());
    let server = server(&trusted);
    let database = Database::on(server.url());
    database.run(
        "create table person (id int primary key, email varchar(80));
         create user walks@'127.0.0.1' identified by 'pw' require ssl;
         grant select, create temporary tables on *.* to walks@'127.0.0.1'",
    );
    let folder = TempDir::new().unwrap();
    let file = |name: &str, authority: &Authority| {
        let path = folder.path().join(name);
        std::fs::write(&path, authority.pem()).unwrap();
        path.display().to_string()
    };
    let (ca, other) = (file("ca.pem", &trusted), file("other.pem", &stranger));
    let (_, place) = database.url().rsplit_once('@').unwrap();
    let by_address = format!("mysql://walks:pw@{place}");
    let by_name = by_address.replace("127.0.0.1", "localhost");

    let error = check(&by_address).await.unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Auth, "1045"),
        "the server wants TLS, and without it there is none"
    );
    let identity = "ssl-mode=verify-identity";
    for good in [
        format!("{by_address}?ssl-mode=required"),
        format!("{by_address}?{identity}&ssl-ca={ca}"),
        format!("{by_name}?{identity}&ssl-ca={ca}&ssl-host=127.0.0.1"),
    ] {
        check(&good).await.unwrap();
    }
    for (what, bad) in [
        (
            "another authority",
            format!("{by_address}?{identity}&ssl-ca={other}"),
        ),
        ("the public authorities", format!("{by_address}?{identity}")),
        ("another name", format!("{by_name}?{identity}&ssl-ca={ca}")),
        (
            "another name that was asked for",
            format!("{by_address}?{identity}&ssl-ca={ca}&ssl-host=db.example.org"),
        ),
    ] {
        let error = check(&bad).await.expect_err(what);
        assert_eq!(
            (error.class, error.code.as_str()),
            (ErrorClass::Permanent, "tls"),
            "{what}: {error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_encrypt_is_not_spoken_to_in_the_open() {
    let database = Database::fresh();
    let error = check(&format!("{}?ssl-mode=required", database.url()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Permanent, "tls")
    );
    assert!(error.message.contains("does not offer"), "{error}");
}
