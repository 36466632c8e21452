//! What surrounds every answer: headers, the stylesheet, health, the demo's letters, and the
//! listening process itself.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
};

use actix_web::test::TestRequest;
use habeas_domain::Right;

use crate::{
    browser::{ADA, browser, browser_with, settings, world},
    html,
};

const ALWAYS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
];

#[actix_web::test]
async fn every_answer_carries_the_headers_that_protect_it() {
    let world = world().await;
    let browser = browser(&world);
    for path in [
        "/",
        "/nothing",
        "/console",
        "/console/sign-in",
        "/v1/requests",
        "/v1/nothing",
        "/healthz",
        "/static/nothing",
    ] {
        let answer = browser.get(path).await;
        for (name, value) in ALWAYS {
            assert_eq!(answer.header(name), value, "{name} of {path}");
        }
        assert!(
            answer.header("permissions-policy").contains("camera=()"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
        assert_eq!(answer.header("set-cookie"), "", "{path}");
    }
}

#[actix_web::test]
async fn behind_https_browsers_are_told_to_stay_there() {
    let world = world().await;
    let mut settings = settings();
    settings.secure_cookies = true;
    let answer = browser_with(&world, settings).get("/").await;
    assert_eq!(
        answer.header("strict-transport-security"),
        "max-age=31536000; includeSubDomains"
    );
}

#[actix_web::test]
async fn the_stylesheet_is_kept_for_ever_under_the_name_of_its_content() {
    let world = world().await;
    let browser = browser(&world);
    let page = browser.get("/").await;
    let tags = html::tags(page.page(200));
    let sheet = tags
        .iter()
        .find(|tag| tag.get("rel") == "stylesheet")
        .unwrap();
    let answer = browser.get(sheet.get("href")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(
        answer.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert!(
        !answer.text().contains("http"),
        "nothing is fetched from elsewhere"
    );
    // 60 KB is the budget for a page of the portal with everything it needs.
    assert!(answer.body.len() + page.body.len() < 40_000);
    let zipped = TestRequest::get()
        .uri(sheet.get("href"))
        .insert_header(("accept-encoding", "gzip"));
    let zipped = browser.send(zipped).await;
    assert_eq!(zipped.header("content-encoding"), "gzip");
    // How small exactly depends on the compressor that the build chose.
    assert!(zipped.body.len() * 2 < answer.body.len());
    assert_eq!(
        browser
            .get("/static/habeas.0000000000000000.css")
            .await
            .status,
        404
    );
    assert_eq!(
        browser
            .get("/static/habeas.svg")
            .await
            .header("content-type"),
        "image/svg+xml"
    );
}

#[actix_web::test]
async fn a_form_that_is_too_large_is_refused() {
    let world = world().await;
    let large = "x".repeat(70 * 1024);
    let answer = browser(&world)
        .post("/ask/check", &[("draft", &large)])
        .await;
    answer.page(413);
}

#[actix_web::test]
async fn a_form_of_another_site_is_refused_on_the_portal_too() {
    let world = world().await;
    let form = TestRequest::post()
        .uri("/requests")
        .insert_header(("sec-fetch-site", "cross-site"))
        .set_form([("draft", "x")]);
    browser(&world).send(form).await.page(403);
}

#[actix_web::test]
async fn health_is_told_to_machines() {
    let world = world().await;
    let browser = browser(&world);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn the_letters_of_the_demo_are_shown_only_where_a_folder_is_named() {
    let world = world().await;
    browser(&world).get("/demo/mail").await.page(404);
    let mut settings = settings();
    settings.mail_page = Some(world.folder().join("mail"));
    let browser = browser_with(&world, settings);
    assert!(
        browser
            .get("/demo/mail")
            .await
            .page(200)
            .contains("no letters yet")
    );
    let submitted = world.submit(Right::Access, ADA).await;
    world.work().await;
    let page = browser.get("/demo/mail").await;
    let text = page.page(200);
    assert!(text.contains("Demo only.") && text.contains(submitted.reference.as_str()));
    assert!(text.contains(&format!("href=\"/r/{}/s/", submitted.reference)));
    let code = world.letter("Your code (").code();
    assert!(text.contains(&format!("{} {}", &code[..4], &code[4..])));
}

fn ask(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_serves_until_it_is_told_to_stop() {
    let world = world().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let engine = world.engine.clone();
    let server = tokio::spawn(habeas_web::serve(
        listener,
        engine,
        Arc::new(settings()),
        stopped,
    ));
    let answer = tokio::task::spawn_blocking(move || ask(address, "/healthz"))
        .await
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err());
}
