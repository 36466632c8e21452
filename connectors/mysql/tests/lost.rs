//! Connections that break in the worst moment: while the answer to a commit is on its way.

mod live;
mod shop;

use habeas_connector::{
    Connector, ErrorClass,
    conformance::{World, script::*},
};
use habeas_connector_mysql::Options;
use live::{connect, person};
use shop::{MAP, Shop};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// When the wire is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    BeforeTheServerHears,
    BeforeTheClientHears,
}

/// A way to the server that breaks at the first commit. Answers with its own address.
async fn wire(server: String, cut: Cut) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut whole = true;
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            if pass_on(client, server, whole.then_some(cut)).await {
                whole = false;
            }
        }
    });
    address
}

/// True when it was cut.
async fn pass_on(mut client: TcpStream, mut server: TcpStream, cut: Option<Cut>) -> bool {
    let (mut asked, mut answered) = ([0; 16_384], [0; 16_384]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => match read {
                Ok(n) if n > 0 => {
                    // A command is its length in four bytes, its kind, and its text.
                    let commits = asked[..n].ends_with(b"\x03commit");
                    match cut.filter(|_| commits) {
                        Some(Cut::BeforeTheServerHears) => return true,
                        Some(Cut::BeforeTheClientHears) => {
                            server.write_all(&asked[..n]).await.unwrap();
                            assert!(server.read(&mut answered).await.unwrap() > 0);
                            return true;
                        }
                        None => server.write_all(&asked[..n]).await.unwrap(),
                    }
                }
                _ => return false,
            },
            read = server.read(&mut answered) => match read {
                Ok(n) if n > 0 => client.write_all(&answered[..n]).await.unwrap(),
                _ => return false,
            },
        }
    }
}

async fn check(cut: Cut, happened: bool) {
    let shop = Shop::with(MAP, Options::default());
    let (login, place) = shop.url().rsplit_once('@').unwrap();
    let (server, database) = place.split_once('/').unwrap();
    let wire = wire(server.to_owned(), cut).await;
    let connector = connect(&format!("{login}@{wire}/{database}"), MAP);
    let order = erase_order(&connector, person("ben@example.org")).await;
    let error = connector
        .erase(std::slice::from_ref(&order))
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::InDoubt, "{cut:?}");
    let left = shop.count("person where id = 2").await;
    assert_eq!(left, u64::from(!happened), "{cut:?}");
    // Asked again with the same key, the store knows.
    assert_eq!(
        erase_one(&connector, &order).await.replayed,
        happened,
        "{cut:?}"
    );
    assert!(erase_one(shop.connector(), &order).await.replayed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_the_server_never_heard_is_in_doubt() {
    check(Cut::BeforeTheServerHears, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_in_doubt() {
    check(Cut::BeforeTheClientHears, true).await;
}
