//! A program's way through the JSON interface: every answer, good and bad.

use actix_web::{http::Method, test::TestRequest, web::ServiceConfig};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding},
};
use habeas_domain::Right;
use habeas_engine::QueueFilter;
use habeas_testkit::world::World;
use habeas_web::{JwtKey, WebSettings, openapi_json};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::json;

use crate::browser::{ADA, Answer, Browser, browser, browser_with, settings, world};

const ASK: &str = r#"{"right": "access", "law": "eu", "identifiers": [{"kind": "email", "value": "ada@shop.example"}]}"#;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn with_officers() -> WebSettings {
    let pem = key()
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .unwrap();
    WebSettings {
        jwt_keys: vec![JwtKey::parse("desk", &pem).unwrap()],
        jwt_audience: "habeas".into(),
        ..settings()
    }
}

fn officer_token() -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("desk".into());
    let claims = json!({"sub": "alice", "aud": "habeas", "exp": get_current_timestamp() + 300});
    let pem = key().to_pkcs8_pem(LineEnding::LF).unwrap();
    let key = EncodingKey::from_ed_pem(pem.as_bytes()).unwrap();
    encode(&header, &claims, &key).unwrap()
}

async fn ask<R>(browser: &Browser<R>, body: &str, key: Option<&str>) -> Answer
where
    R: FnOnce(&mut ServiceConfig) + Clone,
{
    let mut request = TestRequest::post()
        .uri("/v1/requests")
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_owned());
    if let Some(key) = key {
        request = request.insert_header(("idempotency-key", key));
    }
    browser.send(request).await
}

async fn planned(world: &World, right: Right) -> String {
    let (submitted, _) = world.submit_and_confirm(right, ADA).await;
    world.work().await;
    format!("/v1/requests/{}", submitted.reference)
}

#[actix_web::test]
async fn a_program_asks_returns_the_code_and_follows() {
    let world = world().await;
    let browser = browser(&world);
    let answer = ask(&browser, ASK, None).await;
    let accepted = answer.json(202);
    let here = answer.header("location").to_owned();
    assert_eq!(
        here,
        format!("/v1/requests/{}", accepted["reference"].as_str().unwrap())
    );
    assert_eq!(accepted["due"], "2026-12-24");
    assert_eq!(accepted["needs_code"], true);

    world.work().await;
    let code = json!({"code": world.letter("Your code (").code()}).to_string();
    let confirm = format!("{here}/code");
    let token = browser
        .json(Method::POST, &confirm, "", &code)
        .await
        .json(200);
    let token = token["status_token"].as_str().unwrap().to_owned();
    let status = browser.json(Method::GET, &here, &token, "").await.json(200);
    assert_eq!(
        (&status["right"], &status["phase"]),
        (&json!("access"), &json!("verified"))
    );
    assert_eq!(status["days_left"], 30);

    // The code counted once.
    let again = browser.json(Method::POST, &confirm, "", &code).await;
    assert_eq!(again.problem(400).0, "bad-code");
    for wrong in ["guessed", "gue.ss.ed"] {
        let answer = browser.json(Method::GET, &here, wrong, "").await;
        assert!([401, 404].contains(&answer.status.as_u16()), "{wrong}");
    }
    assert_eq!(browser.get(&here).await.problem(401).0, "not-signed-in");
}

#[actix_web::test]
async fn an_opt_out_needs_no_code() {
    let world = world().await;
    let body = ASK
        .replace("access", "opt_out")
        .replace("\"eu\"", "\"us-ca-ccpa\"");
    let accepted = ask(&browser(&world), &body, None).await.json(202);
    assert_eq!(accepted["needs_code"], false);
}

#[actix_web::test]
async fn the_same_key_makes_one_request_and_another_body_is_refused() {
    let world = world().await;
    let browser = browser(&world);
    let first = ask(&browser, ASK, Some("k-1")).await.json(202);
    assert_eq!(ask(&browser, ASK, Some("k-1")).await.json(202), first);
    let other = ASK.replace("access", "erasure");
    assert_eq!(
        ask(&browser, &other, Some("k-1")).await.problem(422).0,
        "key-reused"
    );
    assert_ne!(ask(&browser, ASK, Some("k-2")).await.json(202), first);
    let rows = world.engine.queue(QueueFilter::default()).await.unwrap();
    assert_eq!(rows.len(), 2);
    for bad in ["", "with space", &"x".repeat(201)] {
        let answer = ask(&browser, ASK, Some(bad)).await;
        assert_eq!(
            answer.problem(400),
            ("invalid".into(), "Idempotency-Key".into()),
            "{bad}"
        );
    }
}

#[actix_web::test]
async fn what_cannot_be_taken_is_named_by_field_and_never_repeated() {
    let world = world().await;
    let browser = browser(&world);
    let secret = "secret-value";
    for (body, kind, field) in [
        (ASK.replace("access", secret), "invalid", "right"),
        (ASK.replace("access", "complaint"), "invalid", "right"),
        (ASK.replace("\"eu\"", "\"atlantis\""), "invalid", "law"),
        (ASK.replace("ada@shop.example", secret), "invalid", "email"),
        (ASK.replace("email", "E-Mail!"), "invalid", "kind"),
        (
            ASK.replace("\"email\"", "\"phone\""),
            "invalid",
            "identifiers",
        ),
        (
            r#"{"right": "access", "identifiers": []}"#.into(),
            "invalid",
            "identifiers",
        ),
        (ASK.replace("\"law\"", "\"lawe\""), "malformed-body", ""),
        (ASK.replace("\"access\"", "7"), "malformed-body", ""),
        (
            ASK.replace("\"access\"", "[\"secret-value\"]"),
            "malformed-body",
            "",
        ),
        (r#"{"right": "access"}"#.into(), "malformed-body", ""),
        ("{".into(), "malformed-body", ""),
        (String::new(), "malformed-body", ""),
    ] {
        let answer = ask(&browser, &body, None).await;
        assert_eq!(answer.problem(400), (kind.into(), field.into()), "{body}");
        assert!(!answer.text().contains(secret), "{}", answer.text());
    }
    assert!(
        world
            .engine
            .queue(QueueFilter::default())
            .await
            .unwrap()
            .is_empty()
    );
}

#[actix_web::test]
async fn a_body_of_the_wrong_kind_or_size_is_refused() {
    let world = world().await;
    let browser = browser(&world);
    let plain = TestRequest::post().uri("/v1/requests").set_payload(ASK);
    assert_eq!(
        browser.send(plain).await.problem(415).0,
        "wrong-content-type"
    );
    let form = TestRequest::post()
        .uri("/v1/requests")
        .set_form([("right", "access")]);
    assert_eq!(
        browser.send(form).await.problem(415).0,
        "wrong-content-type"
    );
    let large = ASK.replace("ada@", &"a".repeat(70 * 1024));
    assert_eq!(
        ask(&browser, &large, None).await.problem(413).0,
        "body-too-large"
    );
}

#[actix_web::test]
async fn an_address_or_method_that_does_not_exist_is_a_problem_too() {
    let world = world().await;
    let browser = browser(&world);
    for path in ["/v1", "/v1/", "/v1/nothing", "/v1/requests/x/y/z"] {
        assert_eq!(
            browser.get(path).await.problem(404).0,
            "not-found",
            "{path}"
        );
    }
    let answer = browser
        .send(TestRequest::delete().uri("/v1/requests"))
        .await;
    assert_eq!(answer.problem(405).0, "wrong-method");
    let allow = answer.header("allow");
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    let unknown = browser
        .json(Method::GET, "/v1/requests/HB-00000-00000", "token", "")
        .await;
    let nonsense = browser
        .json(Method::GET, "/v1/requests/nonsense", "token", "")
        .await;
    assert_eq!(unknown.problem(404), nonsense.problem(404));
    let code = r#"{"code": "12345678"}"#;
    for path in [
        "/v1/requests/HB-00000-00000/code",
        "/v1/requests/nonsense/code",
    ] {
        let answer = browser.json(Method::POST, path, "", code).await;
        assert_eq!(answer.problem(400).0, "bad-code", "{path}");
    }
}

#[actix_web::test]
async fn officers_calls_need_a_token_of_an_officer() {
    let world = world().await;
    let browser = browser_with(&world, with_officers());
    let here = planned(&world, Right::Erasure).await;
    let hash = format!(r#"{{"plan_hash": "{}"}}"#, "0".repeat(64));
    let (subject, _) = {
        let (submitted, capability) = world.submit_and_confirm(Right::Access, ADA).await;
        (capability.0.reveal().clone(), submitted)
    };
    for (method, path, body) in [
        (Method::GET, "/v1/requests".to_owned(), ""),
        (Method::GET, format!("{here}/plan"), ""),
        (Method::GET, format!("{here}/steps"), ""),
        (Method::POST, format!("{here}/approve"), &*hash),
        (Method::POST, format!("{here}/refuse"), r#"{"reason": "x"}"#),
        (Method::POST, format!("{here}/release"), ""),
        (Method::POST, format!("{here}/search-again"), ""),
    ] {
        for token in ["", "guessed", "a.b.c", &subject] {
            let answer = browser.json(method.clone(), &path, token, body).await;
            assert_eq!(answer.problem(401).0, "not-signed-in", "{path} {token}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    let closed = browser_with(&world, settings());
    let answer = closed
        .json(Method::GET, "/v1/requests", &officer_token(), "")
        .await;
    answer.problem(401);
}

#[actix_web::test]
async fn an_officers_tool_approves_the_plan_that_it_read() {
    let world = world().await;
    let browser = browser_with(&world, with_officers());
    let token = officer_token();
    let here = planned(&world, Right::Erasure).await;
    let list = browser
        .json(Method::GET, "/v1/requests?phase=planned", &token, "")
        .await
        .json(200);
    assert_eq!(list["requests"][0]["next"], "approve");
    let view = browser.json(Method::GET, &here, &token, "").await.json(200);
    assert_eq!(view["can_approve"], true);
    let plan = browser
        .json(Method::GET, &format!("{here}/plan"), &token, "")
        .await
        .json(200);
    assert_eq!(plan["hash"], view["plan_hash"]);
    assert_eq!(plan["point_of_no_return"], 0);
    assert_eq!(plan["plan"]["steps"][0]["store"], "shop");

    let approve = format!("{here}/approve");
    let other = json!({"plan_hash": "0".repeat(64)}).to_string();
    let answer = browser.json(Method::POST, &approve, &token, &other).await;
    assert_eq!(answer.problem(409).0, "plan-changed");
    let answer = browser
        .json(Method::POST, &approve, &token, r#"{"plan_hash": "x"}"#)
        .await;
    assert_eq!(answer.problem(400), ("invalid".into(), "plan_hash".into()));
    let right = json!({"plan_hash": plan["hash"]}).to_string();
    assert_eq!(
        browser
            .json(Method::POST, &approve, &token, &right)
            .await
            .status,
        204
    );
    assert_eq!(
        browser
            .json(Method::POST, &approve, &token, &right)
            .await
            .problem(409)
            .0,
        "wrong-phase"
    );

    world.work().await;
    let steps = browser
        .json(Method::GET, &format!("{here}/steps"), &token, "")
        .await
        .json(200);
    let erased = steps["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["outcome"] == "erased");
    assert_eq!(erased.expect("an erasure")["collections"][0]["erased"], 3);
    let release = format!("{here}/release");
    assert_eq!(
        browser
            .json(Method::POST, &release, &token, "")
            .await
            .status,
        204
    );
    world.work().await;
    let view = browser.json(Method::GET, &here, &token, "").await.json(200);
    assert_eq!(view["phase"], "closed");
    assert!(view["events"].to_string().contains("officer:alice"));
}

#[actix_web::test]
async fn an_officers_tool_refuses_and_searches_again() {
    let world = world().await;
    let browser = browser_with(&world, with_officers());
    let token = officer_token();
    let here = planned(&world, Right::Access).await;
    let post = |what: &str, body: &'static str| {
        let path = format!("{here}/{what}");
        let (browser, token) = (&browser, token.clone());
        async move { browser.json(Method::POST, &path, &token, body).await }
    };
    assert_eq!(post("search-again", "").await.status, 204);
    world.work().await;
    assert_eq!(
        post("refuse", r#"{"reason": " "}"#).await.problem(400).1,
        "reason"
    );
    assert_eq!(
        post("refuse", r#"{"reason": "You are not the subject."}"#)
            .await
            .status,
        204
    );
    assert_eq!(post("release", "").await.problem(409).0, "wrong-phase");
    let bad = browser
        .json(Method::GET, "/v1/requests?right=forget", &token, "")
        .await;
    assert_eq!(bad.problem(400).1, "right");
    let bad = browser
        .json(Method::GET, "/v1/requests?phase=lost", &token, "")
        .await;
    assert_eq!(bad.problem(400).1, "phase");
    let bad = browser
        .json(Method::GET, "/v1/requests?email=a", &token, "")
        .await;
    assert_eq!(bad.problem(400).0, "malformed-body");
    let gone = browser
        .json(Method::GET, "/v1/requests/HB-00000-00000/plan", &token, "")
        .await;
    gone.problem(404);
}

#[actix_web::test]
async fn the_document_is_served_as_it_is_kept() {
    let world = world().await;
    let answer = browser(&world).get("/v1/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.text(), openapi_json());
}
