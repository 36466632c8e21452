//! Identifiers that somebody might type to see what happens.

use habeas_domain::{Identifier, IdentifierKind, Personal, RequestId, Right};

use super::{World, script::*};
use crate::{EraseOrder, Subject};

fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        " ",
        "%",
        "_",
        "%@%",
        "*",
        "'",
        "''",
        "\"",
        "\\",
        "' or '1'='1",
        "' or 1=1 --",
        "x'; drop table person; --",
        "$1",
        "?1",
        ":a",
        "{{7*7}}",
        "null",
        "NULL",
        "0",
        "-1",
        "1e0",
        "true",
        "[]",
        "{}",
        "\u{202e}moc.elpmaxe@ada",
        "ａｄａ@example.org",
        "A\u{308}da@example.org",
        "😀@example.org",
        "a\nb",
        "a\0b",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push("a".repeat(10_000));
    all
}

pub async fn hostile_identifiers_find_nobody_and_break_nothing(world: &dyn World) {
    let before = world.fingerprint_without(&[]).await;
    let mut kinds: Vec<IdentifierKind> = vec!["not.a.kind.of.this.map".parse().expect("a kind")];
    let map = world.connector().map().clone();
    kinds.extend(
        map.identities()
            .map(|(_, _, identity)| identity.kind.clone()),
    );
    kinds.sort();
    kinds.dedup();
    for kind in kinds {
        // Made by hand: `Identifier::parse` would refuse most of them at the door.
        let forge = |value: String| Identifier {
            kind: kind.clone(),
            value: Personal::from(value),
        };
        let mut batch: Vec<Subject> = hostile()
            .into_iter()
            .map(|value| Subject::new(RequestId::fresh(), vec![forge(value)]))
            .collect();
        batch.push(Subject::new(RequestId::fresh(), Vec::new()));
        let most = world.connector().capabilities().batch.max(1);
        for batch in batch.chunks(most) {
            let answers = world
                .connector()
                .locate(batch)
                .await
                .expect("the store answers");
            for (answer, subject) in answers.into_iter().zip(batch) {
                let rows = answer.expect("served").rows;
                let value = subject
                    .identifiers
                    .first()
                    .map(|id| id.value.reveal().as_str());
                assert_eq!(total(&rows), 0, "{value:?} as {kind} found somebody");
            }
        }
    }
    let everything = hostile().into_iter().map(|value| Identifier {
        kind: IdentifierKind::email(),
        value: Personal::from(value),
    });
    let mut subject = Subject::new(RequestId::fresh(), everything.collect());
    let order = EraseOrder {
        plan: planned(world.connector(), Right::Erasure, &mut subject).await,
        subject,
        effect_key: uuid::Uuid::new_v4(),
    };
    let erased = erase_one(world.connector(), &order).await;
    assert!(
        erased
            .collections
            .iter()
            .all(|outcome| outcome.located == 0)
    );
    assert_eq!(world.fingerprint_without(&[]).await, before);
    super::locate_finds_the_subject_and_nobody_else(world).await;
}
