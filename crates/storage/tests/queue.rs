//! The queue on both databases: who may take a step, who may end it, and what the database itself
//! refuses.

mod home;

use std::collections::BTreeSet;

use habeas_domain::{Phase, RequestId, StepId, phase::IdentityProof};
use habeas_storage::{
    Db, DbError, Location, OpenError,
    audit::{self, Fact},
    plans,
    queue::{self, Failure, Lease},
    requests,
    steps::{self, State, Step},
};
use home::{at, gate, homes, request_row, run_raw, step};
use jiff::ToSpan;

fn lease(step: &Step) -> Lease {
    Lease {
        step: step.id,
        epoch: step.lease_epoch,
    }
}

fn done(tx: &mut habeas_storage::Tx<'_>, lease: Lease) -> Result<(), DbError> {
    queue::complete(tx, lease, State::Done, "erased", None, at(5))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_earliest_deadline_goes_first_and_the_store_limit_holds() {
    for home in homes() {
        let ids = home.with_steps("shop", 5, 3).await;
        let me = home.worker(at(0)).await;
        let first: Vec<StepId> = home
            .claim(me, 2, at(1))
            .await
            .iter()
            .map(|s| s.id)
            .collect();
        assert_eq!(first, ids[..2]);
        let second: Vec<StepId> = home
            .claim(me, 8, at(1))
            .await
            .iter()
            .map(|s| s.id)
            .collect();
        assert_eq!(second, ids[2..3], "three may run at a time");
        assert!(home.claim(me, 8, at(1)).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_never_take_the_same_step() {
    for home in homes() {
        let ids = home.with_steps("shop", 60, 100).await;
        let mut taken = Vec::new();
        let mut workers = Vec::new();
        for _ in 0..6 {
            workers.push(home.worker(at(0)).await);
        }
        while taken.len() < ids.len() {
            let claims = workers.iter().map(|me| home.claim(*me, 3, at(1)));
            for claimed in futures_join(claims).await {
                taken.extend(claimed.into_iter().map(|step| step.id));
            }
        }
        let distinct: BTreeSet<_> = taken.iter().collect();
        assert_eq!(distinct.len(), taken.len(), "a step was taken twice");
        assert_eq!(distinct, ids.iter().collect());
    }
}

/// Waits for all of them at the same time.
async fn futures_join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|context| {
        let mut all = true;
        for (future, output) in &mut pending {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *output = Some(ready),
                    std::task::Poll::Pending => all = false,
                }
            }
        }
        if all {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    pending
        .into_iter()
        .filter_map(|(_, output)| output)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_lease_can_write_nothing_any_more() {
    for home in homes() {
        let ids = home.with_steps("shop", 1, 4).await;
        let (zombie, heir) = (home.worker(at(0)).await, home.worker(at(100)).await);
        let old = home.claim(zombie, 1, at(1)).await.remove(0);
        let lost = home.write(|tx| queue::recover(tx, at(90))).await.unwrap();
        assert_eq!(lost.len(), 1);
        let new = home.claim(heir, 1, at(101)).await.remove(0);
        assert_eq!(new.lease_epoch, old.lease_epoch + 1);

        let fenced = |result: Result<(), DbError>| matches!(result, Err(DbError::Fenced));
        let stale = lease(&old);
        let failure = Failure {
            class: "transient",
            code: "x".into(),
            message: "y".into(),
        };
        let again = failure.clone();
        assert!(fenced(home.write(move |tx| done(tx, stale)).await));
        assert!(fenced(
            home.write(move |tx| queue::fail(tx, stale, &failure, at(9), true, at(5)))
                .await
        ));
        assert!(fenced(
            home.write(move |tx| queue::park(tx, stale, &again, "poison", at(5)))
                .await
        ));
        assert!(fenced(
            home.write(move |tx| queue::intend(tx, stale, "key", at(5)).map(|_| ()))
                .await
        ));
        assert!(fenced(
            home.write(move |tx| queue::renew(tx, zombie, at(999)))
                .await
        ));
        let live = lease(&new);
        home.write(move |tx| done(tx, live)).await.unwrap();
        assert!(
            fenced(home.write(move |tx| done(tx, live)).await),
            "an end is final"
        );
        assert_eq!(home.state(ids[0]).await, State::Done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_kills_its_workers_is_parked_and_not_thrown_away() {
    for home in homes() {
        let ids = home.with_steps("shop", 1, 4).await;
        for death in 1..=3 {
            let now = at(death * 1000);
            let me = home.worker(now).await;
            assert_eq!(home.claim(me, 1, now).await.len(), 1);
            let later = now + 120.seconds();
            let lost = home
                .write(move |tx| queue::recover(tx, later))
                .await
                .unwrap();
            assert_eq!(lost[0].parked, death == 3);
        }
        assert_eq!(home.state(ids[0]).await, State::Parked);
        let id = ids[0];
        home.write(move |tx| queue::unpark(tx, id)).await.unwrap();
        assert_eq!(home.state(id).await, State::Ready);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_outlives_its_patience_is_taken_back() {
    for home in homes() {
        home.with_steps("shop", 1, 4).await;
        let me = home.worker(at(0)).await;
        home.claim(me, 1, at(1)).await;
        let late = at(16 * 60);
        let until = late + 60.seconds();
        home.write(move |tx| queue::renew(tx, me, until))
            .await
            .unwrap();
        let lost = home
            .write(move |tx| queue::recover(tx, late))
            .await
            .unwrap();
        assert_eq!(
            lost.len(),
            1,
            "its worker lives, but the step took too long"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_step_waits_and_a_throttled_store_rests() {
    for home in homes() {
        home.with_steps("shop", 2, 4).await;
        let me = home.worker(at(0)).await;
        let first = home.claim(me, 1, at(1)).await.remove(0);
        let failure = Failure {
            class: "transient",
            code: "x".into(),
            message: "y".into(),
        };
        let live = lease(&first);
        home.write(move |tx| queue::fail(tx, live, &failure, at(50), true, at(2)))
            .await
            .unwrap();
        home.write(|tx| queue::throttle(tx, "shop", at(20)))
            .await
            .unwrap();
        assert!(
            home.claim(me, 8, at(10)).await.is_empty(),
            "the store rests"
        );
        assert_eq!(home.claim(me, 8, at(30)).await.len(), 1, "the other step");
        assert_eq!(home.claim(me, 8, at(51)).await[0].id, first.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_step_is_queued_once() {
    for home in homes() {
        let twice = home
            .write(|tx| {
                queue::register(tx, &gate("shop", 1, 1))?;
                let id = RequestId::fresh();
                requests::insert(tx, &request_row(id))?;
                let first = steps::enqueue(tx, &step(id, "shop", "1", at(1)))?;
                let second = steps::enqueue(tx, &step(id, "shop", "1", at(1)))?;
                Ok((first, second))
            })
            .await
            .unwrap();
        assert_eq!(twice, (true, false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closure_that_fails_or_panics_leaves_nothing_and_hurts_nobody() {
    for home in homes() {
        let id = RequestId::fresh();
        let failed: Result<(), DbError> = home
            .write(move |tx| {
                requests::insert(tx, &request_row(id))?;
                Err(DbError::Stale)
            })
            .await;
        assert!(matches!(failed, Err(DbError::Stale)));
        let panicked: Result<(), DbError> = home
            .write(move |tx| {
                requests::insert(tx, &request_row(id))?;
                panic!("told to")
            })
            .await;
        assert!(panicked.is_err());
        let found = home.db.read(move |tx| requests::get(tx, id)).await;
        assert!(matches!(found, Err(DbError::NotFound)));
        home.write(move |tx| requests::insert(tx, &request_row(id)))
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closures_that_share_a_commit_succeed_and_fail_on_their_own() {
    for home in homes() {
        let ids: Vec<RequestId> = (0..40).map(|_| RequestId::fresh()).collect();
        let writes = ids.iter().enumerate().map(|(number, id)| {
            let id = *id;
            home.write(move |tx| {
                requests::insert(tx, &request_row(id))?;
                if number % 3 == 0 {
                    Err(DbError::Stale)
                } else {
                    Ok(())
                }
            })
        });
        let outcomes = futures_join(writes).await;
        for (number, (id, outcome)) in ids.into_iter().zip(outcomes).enumerate() {
            let found = home.db.read(move |tx| requests::get(tx, id)).await;
            assert_eq!(outcome.is_ok(), number % 3 != 0);
            assert_eq!(found.is_ok(), outcome.is_ok(), "write {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_officers_cannot_move_the_same_request() {
    for home in homes() {
        let id = RequestId::fresh();
        home.write(move |tx| requests::insert(tx, &request_row(id)))
            .await
            .unwrap();
        let seen = home.db.read(move |tx| requests::get(tx, id)).await.unwrap();
        let verified = |phase: Phase| phase.verify(IdentityProof::NotAsked, at(1)).unwrap();
        let (first, second) = (seen.clone(), seen);
        home.write(move |tx| {
            let to = verified(first.phase.clone());
            requests::advance(tx, &first, &to, at(1)).map(|_| ())
        })
        .await
        .unwrap();
        let late = home
            .write(move |tx| {
                let to = verified(second.phase.clone());
                requests::advance(tx, &second, &to, at(1)).map(|_| ())
            })
            .await;
        assert!(matches!(late, Err(DbError::Stale)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_cannot_write_and_the_audit_cannot_be_changed() {
    for home in homes() {
        let id = RequestId::fresh();
        home.write(move |tx| {
            requests::insert(tx, &request_row(id))?;
            let fact = Fact {
                request: Some(id),
                step: None,
                actor: "test".into(),
                event: "request.submitted",
                detail: "x".into(),
            };
            audit::record(tx, &fact, at(1))
        })
        .await
        .unwrap();
        for sql in ["update audit set detail = 'y'", "delete from audit"] {
            let refused = run_raw(&home.location, sql);
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
        let facts = home
            .db
            .read(move |tx| audit::of_request(tx, id))
            .await
            .unwrap();
        assert_eq!(facts.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_changed_behind_our_back_is_not_read() {
    for home in homes() {
        let id = RequestId::fresh();
        home.write(move |tx| requests::insert(tx, &request_row(id)))
            .await
            .unwrap();
        let plan = habeas_domain::PlanId::fresh();
        home.write(move |tx| plans::insert(tx, plan, id, b"{}", at(1)))
            .await
            .unwrap();
        let refused = run_raw(&home.location, "update plan set bytes = bytes");
        assert!(!refused.is_empty());
        let unreadable = home.db.read(move |tx| plans::get(tx, plan)).await;
        assert!(matches!(unreadable, Err(DbError::Corrupt { .. })));
    }
}

#[test]
fn a_second_process_on_one_sqlite_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let location = Location::Sqlite(dir.path().join("habeas.sqlite"));
    let first = Db::open(&location).unwrap();
    let second = Db::open(&location);
    assert!(matches!(second, Err(OpenError::InUse { .. })));
    drop(first);
    Db::open(&location).unwrap();
}

#[test]
fn a_database_of_a_newer_binary_is_refused() {
    for home in homes() {
        let newer = "insert into __diesel_schema_migrations (version) values ('99990101000000')";
        match &home.location {
            Location::Sqlite(path) => {
                let conn = rusqlite::Connection::open(path).unwrap();
                conn.execute(newer, []).unwrap();
            }
            Location::Postgres(url) => {
                let psql = std::process::Command::new("psql")
                    .args([url, "-c", newer])
                    .output();
                assert!(psql.unwrap().status.success());
            }
        }
        let location = home.location.clone();
        drop(home.db);
        let opened = Db::open(&location);
        assert!(matches!(opened, Err(OpenError::Newer(_))), "{opened:?}");
    }
}
