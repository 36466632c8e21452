//! What the reading verbs promise.

use futures::StreamExt as _;
use habeas_domain::Identifier;
use tokio_util::sync::CancellationToken;

use super::{World, person, script::*};
use crate::Access;

pub async fn the_store_can_be_used(world: &dyn World) {
    let report = world.connector().check().await.expect("the store answers");
    assert!(report.is_usable(), "{:?}", report.findings);
    assert!(world.connector().capabilities().batch >= 1);
}

pub async fn locate_finds_the_subject_and_nobody_else(world: &dyn World) {
    for (n, known) in world.persons().iter().enumerate() {
        let mut subject = person(world, n);
        let located = widen(world.connector(), &mut subject).await;
        assert_eq!(located.rows, known.rows);
        assert_eq!(located.obstacles, [], "nothing stands in the way");
    }
}

pub async fn locate_ignores_case_where_the_map_says_so(world: &dyn World) {
    for known in world.persons() {
        assert_ne!(known.identifier, known.other_spelling, "two spellings");
        let mut subject = subject(&known.other_spelling);
        assert_eq!(
            widen(world.connector(), &mut subject).await.rows,
            known.rows
        );
        let again = |further: &Identifier| further.normalised() == known.identifier.normalised();
        assert!(
            !subject.further.iter().any(again),
            "a known identifier is nothing new"
        );
    }
}

pub async fn an_unknown_person_has_no_rows(world: &dyn World) {
    let nobody = subject(&Identifier::email("nobody.at.all@example.net").expect("an address"));
    let located = locate_one(world.connector(), &nobody).await;
    let collections = world.connector().map().collections.len();
    assert_eq!(
        located.rows.len(),
        collections,
        "one count per collection, zero included"
    );
    assert_eq!(total(&located.rows), 0);
    assert!(located.further.is_empty() && located.obstacles.is_empty());
    let exported = export(world.connector(), vec![nobody]).await.remove(0);
    assert!(exported.rows.is_empty() && exported.ended.is_some());
}

pub async fn an_empty_batch_is_answered_by_an_empty_answer(world: &dyn World) {
    let connector = world.connector();
    assert!(connector.locate(&[]).await.expect("an answer").is_empty());
    assert!(connector.erase(&[]).await.expect("an answer").is_empty());
    assert!(connector.verify(&[]).await.expect("an answer").is_empty());
    assert!(connector.suppress(&[]).await.expect("an answer").is_empty());
    assert!(export(world.connector(), Vec::new()).await.is_empty());
}

pub async fn a_batch_is_answered_in_its_order(world: &dyn World) {
    let known = world.persons();
    let nobody = subject(&Identifier::email("nobody@example.net").expect("an address"));
    let mut batch = Vec::new();
    for n in [1, 0] {
        let mut subject = person(world, n);
        widen(world.connector(), &mut subject).await;
        batch.push(subject);
    }
    batch.insert(1, nobody);
    if batch.len() > world.connector().capabilities().batch {
        return;
    }
    let answers = world
        .connector()
        .locate(&batch)
        .await
        .expect("the store answers");
    let rows: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.expect("served").rows)
        .collect();
    assert_eq!((&rows[0], &rows[2]), (&known[1].rows, &known[0].rows));
    assert_eq!(total(&rows[1]), 0);
    let exports = export(world.connector(), batch).await;
    for (export, rows) in exports.iter().zip(&rows) {
        assert_eq!(export.ended.as_ref(), Some(rows));
        assert_eq!(export.rows.len() as u64, total(rows));
    }
}

pub async fn access_streams_every_row_once_and_says_when_it_ends(world: &dyn World) {
    for (n, known) in world.persons().iter().enumerate() {
        let mut subject = person(world, n);
        widen(world.connector(), &mut subject).await;
        let export = export(world.connector(), vec![subject]).await.remove(0);
        assert_eq!(export.ended, Some(known.rows.clone()));
        let map = world.connector().map();
        let mut rows = export.rows.iter();
        for expected in &known.rows {
            let spec = &map.collections[&expected.collection];
            let mut seen = Vec::new();
            for (collection, record) in rows.by_ref().take(expected.rows as usize) {
                assert_eq!(
                    *collection, expected.collection,
                    "collections in the map's order"
                );
                let names: Vec<&str> = record.iter().map(|(name, _)| &**name).collect();
                assert_eq!(
                    names,
                    spec.columns.keys().map(String::as_str).collect::<Vec<_>>(),
                    "columns too"
                );
                let in_key = |name: &str| spec.key.iter().any(|key| key == name);
                let key: Vec<_> = record
                    .iter()
                    .filter(|(name, _)| in_key(name))
                    .cloned()
                    .collect();
                assert!(!seen.contains(&key), "a row of {collection} came twice");
                seen.push(key);
            }
        }
        assert!(
            rows.next().is_none(),
            "no row beyond those that were counted"
        );
    }
}

pub async fn a_stream_may_be_dropped_half_way(world: &dyn World) {
    let access = Access {
        subjects: vec![person(world, 0)],
        cancel: CancellationToken::new(),
    };
    let mut stream = world
        .connector()
        .access(access)
        .await
        .expect("the stream begins");
    assert!(stream.next().await.is_some_and(|item| item.is_ok()));
    drop(stream);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let access = Access {
        subjects: vec![person(world, 0)],
        cancel,
    };
    // A cancelled stream may still hold rows; it must come to an end.
    if let Ok(stream) = world.connector().access(access).await {
        let _ = stream.collect::<Vec<_>>().await;
    }
    locate_finds_the_subject_and_nobody_else(world).await;
}
