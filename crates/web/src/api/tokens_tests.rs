//! Every way to pass a token that was not meant for us.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};

use super::*;
use crate::settings::JwtKey;

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public_pem(seed: u8) -> String {
    let key = signer(seed).verifying_key();
    key.to_public_key_pem(LineEnding::LF).unwrap()
}

fn tokens() -> Tokens {
    Tokens::new(&WebSettings {
        jwt_keys: vec![JwtKey::parse("k1", &public_pem(1)).unwrap()],
        jwt_audience: "habeas".into(),
        secure_cookies: false,
        mail_page: None,
        vitals: crate::Vitals::default(),
    })
}

fn header() -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("k1".into());
    header
}

fn claims() -> Value {
    json!({ "sub": "alice", "aud": "habeas", "exp": get_current_timestamp() + 60 })
}

fn signed(header: &Header, claims: &Value, seed: u8) -> String {
    let pem = signer(seed).to_pkcs8_pem(LineEnding::LF).unwrap();
    encode(
        header,
        claims,
        &EncodingKey::from_ed_pem(pem.as_bytes()).unwrap(),
    )
    .unwrap()
}

/// A token whose parts are whatever a forger likes.
fn forged(header: Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(&header), part(claims))
}

fn refused(token: &str) -> bool {
    tokens().officer(token) == Err(BadToken)
}

fn with(key: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[key] = value;
    claims
}

fn without(key: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(key);
    claims
}

#[test]
fn a_good_token_names_its_officer_and_always_by_the_same_id() {
    let officer = || tokens().officer(&signed(&header(), &claims(), 1)).unwrap();
    assert_eq!(officer().login, "alice");
    assert_eq!(officer().id, officer().id);
    let many = with("aud", json!(["other", "habeas"]));
    assert!(!refused(&signed(&header(), &many, 1)));
}

#[test]
fn a_token_without_a_signature_is_refused() {
    for alg in ["none", "None", "NONE"] {
        assert!(refused(&forged(
            json!({"alg": alg, "kid": "k1"}),
            &claims(),
            ""
        )));
    }
    assert!(refused(&forged(
        json!({"alg": "EdDSA", "kid": "k1"}),
        &claims(),
        ""
    )));
    assert!(refused("") && refused("a.b.c") && refused("..") && refused("not a token"));
}

#[test]
fn a_token_signed_with_our_public_key_as_a_secret_is_refused() {
    let mut header = header();
    header.alg = Algorithm::HS256;
    for secret in [
        public_pem(1).into_bytes(),
        signer(1).verifying_key().to_bytes().to_vec(),
    ] {
        let token = encode(&header, &claims(), &EncodingKey::from_secret(&secret)).unwrap();
        assert!(refused(&token));
    }
}

#[test]
fn another_key_is_refused_whatever_the_token_says_about_keys() {
    assert!(refused(&signed(&header(), &claims(), 2)));
    for kid in [None, Some("k2"), Some("")] {
        let mut other = header();
        other.kid = kid.map(str::to_owned);
        assert!(refused(&signed(&other, &claims(), 1)), "{kid:?}");
    }
    let mut elsewhere = header();
    elsewhere.jku = Some("https://evil.example/keys".into());
    assert!(refused(&signed(&elsewhere, &claims(), 2)));
}

#[test]
fn an_expired_or_early_token_is_refused() {
    let now = get_current_timestamp();
    assert!(refused(&signed(
        &header(),
        &with("exp", json!(now - 60)),
        1
    )));
    assert!(refused(&signed(
        &header(),
        &with("nbf", json!(now + 600)),
        1
    )));
}

#[test]
fn an_expiry_that_is_not_a_number_is_refused() {
    let later = get_current_timestamp() + 600;
    for exp in [
        json!(later.to_string()),
        json!(null),
        json!([later]),
        json!("never"),
    ] {
        assert!(
            refused(&signed(&header(), &with("exp", exp.clone()), 1)),
            "{exp}"
        );
    }
}

#[test]
fn a_token_for_somebody_else_is_refused() {
    for aud in [json!("other"), json!([]), json!(""), json!(null)] {
        assert!(
            refused(&signed(&header(), &with("aud", aud.clone()), 1)),
            "{aud}"
        );
    }
}

#[test]
fn a_token_that_leaves_something_out_is_refused() {
    for key in ["exp", "aud", "sub"] {
        assert!(refused(&signed(&header(), &without(key), 1)), "{key}");
    }
    assert!(refused(&signed(&header(), &with("sub", json!("")), 1)));
    assert!(refused(&signed(&header(), &with("sub", json!("a\nb")), 1)));
}

#[test]
fn a_token_of_another_type_is_refused() {
    let typed = |typ: Option<&str>| {
        let mut header = header();
        header.typ = typ.map(str::to_owned);
        signed(&header, &claims(), 1)
    };
    assert!(
        !refused(&typed(None)) && !refused(&typed(Some("JWT"))) && !refused(&typed(Some("at+jwt")))
    );
    assert!(refused(&typed(Some("id+jwt"))) && refused(&typed(Some("logout+jwt"))));
}

#[test]
fn a_changed_claim_breaks_the_signature() {
    let token = signed(&header(), &claims(), 1);
    let [head, _, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts");
    };
    let other = URL_SAFE_NO_PAD.encode(with("sub", json!("root")).to_string());
    assert!(refused(&format!("{head}.{other}.{signature}")));
}

#[test]
fn without_an_audience_nobody_is_let_in() {
    let closed = Tokens::new(&WebSettings {
        jwt_keys: vec![JwtKey::parse("k1", &public_pem(1)).unwrap()],
        jwt_audience: String::new(),
        secure_cookies: false,
        mail_page: None,
        vitals: crate::Vitals::default(),
    });
    let token = signed(&header(), &with("aud", json!("")), 1);
    assert_eq!(closed.officer(&token), Err(BadToken));
}

#[test]
fn only_an_ed25519_public_key_is_taken() {
    let error = JwtKey::parse(
        "k1",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "key 'k1' is not an Ed25519 public key in PEM"
    );
}
