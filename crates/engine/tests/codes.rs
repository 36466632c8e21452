//! Codes and capabilities: what opens a request, and what never does.

use habeas_domain::{Identifier, IdentifierKind, Personal, Right};
use habeas_engine::{NewRequest, UseCaseError};
use habeas_testkit::world::{Backend, Scripted, World, request};
use jiff::SignedDuration;

const ADA: &str = "ada@shop.example";

async fn world() -> World {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    World::on(Backend::Sqlite).store(shop).build().await
}

/// A code that is certainly not the one that was sent.
fn other(code: &str) -> String {
    let last = code.bytes().last().expect("a code has digits");
    format!("{}{}", &code[..7], if last == b'0' { '1' } else { '0' })
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_end_the_code_even_for_whoever_then_has_the_right_one() {
    let world = world().await;
    let submitted = world.submit(Right::Access, ADA).await;
    world.work().await;
    let code = world.letter("code").code();
    for _ in 0..5 {
        let wrong = world
            .engine
            .confirm(&submitted.reference, &other(&code))
            .await;
        assert!(matches!(wrong, Err(UseCaseError::BadCode)), "{wrong:?}");
    }
    let late = world.engine.confirm(&submitted.reference, &code).await;
    assert!(matches!(late, Err(UseCaseError::TooManyTries)));

    world.engine.send_code(&submitted.reference).await.unwrap();
    world.work().await;
    let fresh = world.letter("code").code();
    world
        .engine
        .confirm(&submitted.reference, &fresh)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_counts_for_ten_minutes_and_once() {
    let world = world().await;
    let submitted = world.submit(Right::Access, ADA).await;
    world.work().await;
    let code = world.letter("code").code();
    world.time.advance(SignedDuration::from_mins(11));
    let late = world.engine.confirm(&submitted.reference, &code).await;
    assert!(matches!(late, Err(UseCaseError::BadCode)));

    world.engine.send_code(&submitted.reference).await.unwrap();
    world.work().await;
    let fresh = world.letter("code").code();
    world
        .engine
        .confirm(&submitted.reference, &fresh)
        .await
        .unwrap();
    let twice = world.engine.confirm(&submitted.reference, &fresh).await;
    assert!(matches!(twice, Err(UseCaseError::BadCode)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_one_request_does_not_open_another() {
    let world = world().await;
    let mine = world.submit(Right::Access, ADA).await;
    world.work().await;
    let code = world.letter(mine.reference.as_str()).code();
    let yours = world.submit(Right::Access, "eve@shop.example").await;
    world.work().await;
    let crossed = world.engine.confirm(&yours.reference, &code).await;
    assert!(matches!(crossed, Err(UseCaseError::BadCode)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_reference_answers_as_a_wrong_code_does() {
    let world = world().await;
    let nobody = "HB-00000-00000".parse().unwrap();
    let code = world.engine.confirm(&nobody, "12345678").await;
    assert!(matches!(code, Err(UseCaseError::BadCode)));
    world.engine.send_code(&nobody).await.unwrap();
    let status = world.engine.status(&nobody, "whatever").await;
    assert!(matches!(status, Err(UseCaseError::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capability_opens_its_own_request_only() {
    let world = world().await;
    let (mine, capability) = world.submit_and_confirm(Right::Access, ADA).await;
    let yours = world.submit(Right::Access, "eve@shop.example").await;
    let token = capability.0.reveal();
    assert!(world.engine.status(&mine.reference, token).await.is_ok());
    let crossed = world.engine.status(&yours.reference, token).await;
    assert!(matches!(crossed, Err(UseCaseError::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_alone_does_not_download_and_the_link_ends() {
    let world = world().await;
    let id = world.play(Right::Access, ADA).await;
    let reference = world.view(id).await.row.reference;
    let link = world.letters().iter().rev().find_map(|l| l.link()).unwrap();
    let capability = link.rsplit('/').next().unwrap();
    let without = world
        .engine
        .download(&reference, capability, "00000000")
        .await;
    assert!(
        matches!(without, Err(UseCaseError::BadCode)),
        "no code was asked for"
    );

    assert!(!world.fetch(&reference).await.is_empty());
    world.time.advance(SignedDuration::from_hours(24 * 15));
    let late = world
        .engine
        .send_download_code(&reference, capability)
        .await;
    assert!(matches!(late, Err(UseCaseError::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_widen_a_verified_request_by_claiming_more() {
    let world = world().await;
    let kind: IdentifierKind = "number".parse().unwrap();
    let claimed = NewRequest {
        identifiers: vec![
            Identifier::email("eve@shop.example").unwrap(),
            Identifier::parse(kind, "C-1001").unwrap(),
        ],
        ..request(Right::Erasure, ADA)
    };
    let refused = world.engine.submit(claimed).await;
    let field = matches!(
        refused,
        Err(UseCaseError::Invalid {
            field: "identifiers",
            ..
        })
    );
    assert!(field);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_not_flooded_and_the_answer_stays_the_same() {
    let world = world().await;
    for _ in 0..8 {
        world.submit(Right::Access, ADA).await;
    }
    world.work().await;
    let letters = world.letters().len();
    assert_eq!(
        letters, 10,
        "two letters for each of the first five requests"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_no_plan_carries_out_is_refused_with_the_way_to_a_person() {
    let world = world().await;
    let refused = world
        .engine
        .submit(request(Right::Rectification, ADA))
        .await;
    match refused {
        Err(UseCaseError::Invalid { field, message }) => {
            assert_eq!(field, "right");
            assert!(message.contains("privacy@shop.example"), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_make_a_login_wait() {
    let world = world().await;
    let right = Personal::from("correct horse battery");
    let wrong = Personal::from("wrong horse battery");
    world
        .engine
        .add_officer("olga", "Olga", &right)
        .await
        .unwrap();
    let session = world.engine.sign_in("olga", &right).await.unwrap();
    let open = world.engine.session(session.token.reveal()).await.unwrap();
    assert_eq!(open.unwrap().officer.login, "olga");
    for login in ["olga", "nobody"] {
        for _ in 0..5 {
            let failed = world.engine.sign_in(login, &wrong).await;
            assert!(matches!(failed, Err(UseCaseError::BadLogin)));
        }
        let locked = world.engine.sign_in(login, &right).await;
        assert!(matches!(locked, Err(UseCaseError::TooManyTries)));
    }
    world.time.advance(SignedDuration::from_mins(16));
    world.engine.sign_in("olga", &right).await.unwrap();
    world.time.advance(SignedDuration::from_mins(61));
    let idle = world.engine.session(session.token.reveal()).await.unwrap();
    assert_eq!(idle, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_between_two_pages_are_sealed_and_expire() {
    let world = world().await;
    let draft = world.engine.seal_draft(b"ada@shop.example").await.unwrap();
    assert!(!draft.contains("ada"));
    let opened = world.engine.open_draft(&draft).await.unwrap();
    assert_eq!(opened, b"ada@shop.example");
    let changed = draft.replacen(
        &draft[20..21],
        if &draft[20..21] == "A" { "B" } else { "A" },
        1,
    );
    assert!(world.engine.open_draft(&changed).await.is_err());
    world.time.advance(SignedDuration::from_hours(25));
    assert!(world.engine.open_draft(&draft).await.is_err());
}
