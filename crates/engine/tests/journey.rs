//! The whole way of a request, on both databases, with stores that do as they are told.

use std::io::Cursor;

use habeas_domain::{Identifier, IdentifierKind, Right, outcome::Obstacle, plan::PlanHash};
use habeas_engine::{NextAction, QueueFilter, UseCaseError};
use habeas_testkit::world::{Backend, Scripted, World, officer, request};

const ADA: &str = "Ada@shop.example";

fn verified(file: Vec<u8>) -> habeas_proof::Receipt {
    let signer = habeas_proof::Signer::from_seed([7; 32], "shop.example/habeas").unwrap();
    let report = habeas_proof::verify(Cursor::new(file), Some(&signer.vkey()));
    let failed: Vec<_> = report.checks.iter().filter(|check| !check.ok).collect();
    assert!(report.ok(), "{failed:?}");
    report.receipt.expect("a verified file has a receipt")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_request_ends_with_a_package_that_verifies() {
    for backend in Backend::BOTH {
        let (shop, desk) = (Scripted::new("shop"), Scripted::new("support"));
        shop.holds(ADA, 3);
        shop.holds("bob@shop.example", 5);
        let world = World::on(backend)
            .store(shop.clone())
            .store(desk)
            .build()
            .await;

        let id = world.play(Right::Access, ADA).await;
        assert_eq!(world.phase(id).await, "closed");

        let view = world.view(id).await;
        let receipt = verified(world.fetch(&view.row.reference).await);
        let told: Vec<_> = receipt
            .stores
            .iter()
            .map(|s| (s.store.as_str(), s.outcome.as_str(), s.located, s.affected))
            .collect();
        assert_eq!(
            told,
            [("shop", "exported", 3, 3), ("support", "absent", 0, 0)]
        );
        assert_eq!(shop.rows_of("bob@shop.example"), 5);
        let subjects: Vec<_> = world.letters().into_iter().map(|l| l.to).collect();
        assert!(
            subjects
                .iter()
                .all(|to| to.to_lowercase().contains("ada@shop.example"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_done_once_read_back_and_leaves_the_neighbours_alone() {
    for backend in Backend::BOTH {
        let shop = Scripted::new("shop");
        shop.holds(ADA, 3);
        shop.holds("bob@shop.example", 5);
        let world = World::on(backend).store(shop.clone()).build().await;

        let id = world.play(Right::Erasure, ADA).await;
        let view = world.view(id).await;
        let receipt = verified(world.fetch(&view.row.reference).await);
        let store = &receipt.stores[0];
        assert_eq!((store.outcome.as_str(), store.affected), ("erased", 3));
        assert_eq!(store.level.unwrap().in_words(), "read-back verified");
        assert_eq!(receipt.decision, "granted");
        assert_eq!(shop.rows_of(ADA), 0);
        assert_eq!(shop.rows_of("bob@shop.example"), 5);
        assert_eq!((shop.calls("erase"), shop.calls("verify")), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_meets_no_gate_at_all() {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 1);
    let world = World::on(Backend::Sqlite).store(shop.clone()).build().await;

    let id = world.play(Right::OptOut, ADA).await;
    assert_eq!(world.phase(id).await, "closed");
    assert_eq!(shop.calls("suppress"), 1);
    let codes = world
        .letters()
        .iter()
        .filter(|l| l.subject.contains("code"))
        .count();
    assert_eq!(codes, 0);
    let receipt = verified(world.fetch(&world.view(id).await.row.reference).await);
    assert_eq!(receipt.stores[0].outcome.as_str(), "suppressed");
    assert_eq!(receipt.identity, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_not_known_gets_the_same_answer_and_an_empty_one() {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    let world = World::on(Backend::Sqlite).store(shop).build().await;

    let known = world.submit(Right::Access, ADA).await;
    let unknown = world.submit(Right::Access, "nobody@shop.example").await;
    assert_eq!(
        (known.due, known.needs_code),
        (unknown.due, unknown.needs_code)
    );
    world.work().await;
    let to = |address: &str| {
        let letters = world.letters();
        letters
            .iter()
            .filter(|l| l.to.to_lowercase().contains(address))
            .count()
    };
    assert_eq!(to("ada@shop.example"), to("nobody@shop.example"));

    let id = world.play(Right::Access, "nobody@shop.example").await;
    let receipt = verified(world.fetch(&world.view(id).await.row.reference).await);
    assert_eq!(receipt.stores[0].outcome.as_str(), "absent");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_from_one_store_finds_the_person_in_the_next() {
    let number = |text: &str| {
        let kind: IdentifierKind = "number".parse().unwrap();
        Identifier::parse(kind, text).unwrap()
    };
    let (shop, desk) = (Scripted::new("shop"), Scripted::new("support"));
    shop.holds(ADA, 1);
    shop.hands_on(ADA, number("C-1001"));
    desk.holds("ada.private@mail.example", 2);
    desk.hands_on("ada.private@mail.example", number("C-1001"));
    let world = World::on(Backend::Sqlite)
        .store(shop)
        .store(desk.clone())
        .build()
        .await;

    let id = world.play(Right::Erasure, ADA).await;
    let view = world.view(id).await;
    let receipt = verified(world.fetch(&view.row.reference).await);
    let affected: Vec<_> = receipt.stores.iter().map(|s| s.affected).collect();
    assert_eq!(affected, [1, 2]);
    assert_eq!(desk.rows_of("ada.private@mail.example"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_hurt_others_stops_in_the_plan_and_is_named_in_the_receipt() {
    let (shop, desk) = (Scripted::new("shop"), Scripted::new("support"));
    shop.holds(ADA, 3);
    shop.has_obstacle(Obstacle::OthersDepend {
        collection: "account".into(),
        dependents: "payment".into(),
        rows: 5,
    });
    desk.holds(ADA, 1);
    let world = World::on(Backend::Sqlite)
        .store(shop.clone())
        .store(desk.clone())
        .build()
        .await;

    let id = world.play(Right::Erasure, ADA).await;
    let receipt = verified(world.fetch(&world.view(id).await.row.reference).await);
    assert_eq!(receipt.decision, "granted in part");
    let told: Vec<_> = receipt.stores.iter().map(|s| s.outcome.as_str()).collect();
    assert_eq!(told, ["failed", "erased"]);
    let reason = receipt.stores[0].reason.clone().unwrap();
    assert!(
        reason.contains("5 rows of other persons in payment"),
        "{reason}"
    );
    assert_eq!((shop.rows_of(ADA), shop.calls("erase")), (3, 0));
    assert_eq!(desk.rows_of(ADA), 0);
    let letter = world.letter("5 rows of other persons");
    assert!(letter.to.to_lowercase().contains("ada@shop.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_approves_the_plan_that_was_read_and_no_other() {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    let world = World::on(Backend::Sqlite).store(shop.clone()).build().await;
    let (submitted, _) = world.submit_and_confirm(Right::Erasure, ADA).await;
    world.work().await;
    let first = world.view(submitted.id).await.plan.unwrap().hash;

    shop.holds(ADA, 4);
    world
        .engine
        .search_again(&officer(), submitted.id)
        .await
        .unwrap();
    world.work().await;
    let second = world.view(submitted.id).await.plan.unwrap().hash;
    assert_ne!(first, second);

    let stale = world.engine.approve(&officer(), submitted.id, &first).await;
    assert!(matches!(stale, Err(UseCaseError::PlanChanged)), "{stale:?}");
    let other = PlanHash::of(b"something else");
    let foreign = world.engine.approve(&officer(), submitted.id, &other).await;
    assert!(matches!(foreign, Err(UseCaseError::PlanChanged)));
    world
        .engine
        .approve(&officer(), submitted.id, &second)
        .await
        .unwrap();
    let twice = world
        .engine
        .approve(&officer(), submitted.id, &second)
        .await;
    assert!(matches!(twice, Err(UseCaseError::WrongPhase(_))));
    world.work().await;
    assert_eq!(shop.times_erased(ADA), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_can_be_taken_back_until_its_plan_is_approved() {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    let world = World::on(Backend::Sqlite).store(shop.clone()).build().await;
    let (submitted, capability) = world.submit_and_confirm(Right::Erasure, ADA).await;
    world.work().await;
    let token = capability.0.reveal();
    world
        .engine
        .withdraw(&submitted.reference, token)
        .await
        .unwrap();
    world.work().await;
    assert_eq!(world.phase(submitted.id).await, "withdrawn");
    assert_eq!((shop.rows_of(ADA), shop.calls("erase")), (3, 0));

    let (late, capability) = world.submit_and_confirm(Right::Erasure, ADA).await;
    world.work().await;
    world.approve(late.id).await;
    let refused = world
        .engine
        .withdraw(&late.reference, capability.0.reveal())
        .await;
    assert!(matches!(refused, Err(UseCaseError::WrongPhase(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_its_reason_and_the_remedies_of_the_law() {
    let world = World::on(Backend::Sqlite)
        .store(Scripted::new("shop"))
        .build()
        .await;
    let (submitted, _) = world.submit_and_confirm(Right::Access, ADA).await;
    world.work().await;
    let reason = "You asked the same three days ago.";
    world
        .engine
        .refuse(&officer(), submitted.id, reason)
        .await
        .unwrap();
    world.work().await;
    let letter = world.letter(reason);
    assert!(
        letter.text.contains("supervisory authority"),
        "{}",
        letter.text
    );
    assert_eq!(world.phase(submitted.id).await, "refused");
    let empty = world.engine.refuse(&officer(), submitted.id, "  ").await;
    assert!(matches!(
        empty,
        Err(UseCaseError::Invalid {
            field: "reason",
            ..
        })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_with_one_key_makes_one_request() {
    for backend in Backend::BOTH {
        let world = World::on(backend)
            .store(Scripted::new("shop"))
            .build()
            .await;
        let keyed = |right, email| habeas_engine::NewRequest {
            idempotency_key: Some("form-1".to_owned()),
            ..request(right, email)
        };
        let first = world
            .engine
            .submit(keyed(Right::Access, ADA))
            .await
            .unwrap();
        let again = world
            .engine
            .submit(keyed(Right::Access, ADA))
            .await
            .unwrap();
        assert_eq!(first, again);
        let other = world.engine.submit(keyed(Right::Erasure, ADA)).await;
        assert!(matches!(other, Err(UseCaseError::KeyReused)));
        let racing = || habeas_engine::NewRequest {
            idempotency_key: Some("form-2".to_owned()),
            ..request(Right::Access, ADA)
        };
        let calls = (0..6).map(|_| world.engine.submit(racing()));
        let answers = futures::future::join_all(calls).await;
        let references: std::collections::BTreeSet<_> = answers
            .into_iter()
            .map(|answer| answer.unwrap().reference.to_string())
            .collect();
        assert_eq!(references.len(), 1, "six calls at once, one request");
        let all = world.engine.queue(QueueFilter::default()).await.unwrap();
        assert_eq!(all.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn officers_are_warned_once_before_a_deadline_and_again_when_it_has_passed() {
    let world = World::on(Backend::Sqlite)
        .store(Scripted::new("shop"))
        .build()
        .await;
    let submitted = world.submit(Right::Access, ADA).await;
    assert_eq!(world.engine.watch_deadlines().await.unwrap(), 0);

    world
        .time
        .advance(jiff::SignedDuration::from_hours(24 * 27));
    assert_eq!(world.engine.watch_deadlines().await.unwrap(), 1);
    assert_eq!(world.engine.watch_deadlines().await.unwrap(), 0);
    world.work().await;
    let warning = world.letter("due");
    let officers = world
        .letters()
        .into_iter()
        .filter(|l| l.to.contains("officers@"))
        .count();
    assert_eq!(officers, 1, "{}", warning.subject);

    world
        .time
        .advance(jiff::SignedDuration::from_hours(24 * 10));
    assert_eq!(world.engine.watch_deadlines().await.unwrap(), 1);
    let row = &world.engine.queue(QueueFilter::default()).await.unwrap()[0];
    assert_eq!(row.id, submitted.id);
    assert!(row.days_left < 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_says_what_an_officer_should_do_next() {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 1);
    let world = World::on(Backend::Sqlite).store(shop).build().await;
    let (submitted, _) = world.submit_and_confirm(Right::Access, ADA).await;
    world.work().await;
    let next = async || world.view(submitted.id).await.row.next;
    assert_eq!(next().await, Some(NextAction::Approve));
    world.approve(submitted.id).await;
    assert_eq!(next().await, None);
    world.work().await;
    assert_eq!(next().await, Some(NextAction::Release));
}
