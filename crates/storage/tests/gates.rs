//! How many calls a store gets, and which steps share one.

mod home;

use habeas_storage::{
    queue::{self, Failure, Lease, NewGate, Rate, Trouble},
    steps::{State, Step},
};
use home::{Home, at, gate, homes};

fn sizes(calls: &[Vec<Step>]) -> Vec<usize> {
    calls.iter().map(Vec::len).collect()
}

async fn batch(home: &Home, size: i64) {
    home.write(move |tx| queue::register(tx, &gate("shop", 2, size)))
        .await
        .unwrap();
}

fn lease(step: &Step) -> Lease {
    Lease {
        step: step.id,
        epoch: step.lease_epoch,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_carries_as_many_steps_as_the_store_takes_and_counts_as_one() {
    for home in homes() {
        let ids = home.with_steps("shop", 7, 2).await;
        batch(&home, 3).await;
        let me = home.worker(at(0)).await;
        let calls = home.calls(me, 8, at(1)).await;
        assert_eq!(sizes(&calls), [3, 3]);
        let first: Vec<_> = calls[0].iter().map(|step| step.id).collect();
        assert_eq!(first, ids[..3], "the most urgent go first");
        assert_eq!(
            sizes(&home.calls(me, 8, at(1)).await),
            [0; 0],
            "two calls run"
        );
        // A call ends when its last step has ended.
        for step in &calls[0] {
            assert!(home.calls(me, 8, at(2)).await.is_empty());
            let lease = lease(step);
            home.write(move |tx| queue::complete(tx, lease, State::Done, "erased", None, at(2)))
                .await
                .unwrap();
        }
        assert_eq!(sizes(&home.calls(me, 8, at(3)).await), [1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_split_off_goes_alone() {
    for home in homes() {
        home.with_steps("shop", 3, 8).await;
        home.write(|tx| queue::register(tx, &gate("shop", 8, 3)))
            .await
            .unwrap();
        let me = home.worker(at(0)).await;
        let calls = home.calls(me, 8, at(1)).await;
        for step in &calls[0] {
            let lease = lease(step);
            home.write(move |tx| queue::give_back(tx, lease, queue::SPLIT, at(2)))
                .await
                .unwrap();
        }
        let again = home.calls(me, 8, at(3)).await;
        assert_eq!(sizes(&again), [1, 1, 1]);
        let attempts: Vec<i64> = again.iter().map(|call| call[0].attempts).collect();
        assert_eq!(attempts, [1, 1, 1], "nothing was held against them");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_keeps_failing_rests_and_is_probed() {
    for home in homes() {
        home.with_steps("shop", 20, 8).await;
        let me = home.worker(at(0)).await;
        let troubled = || home.write(|tx| queue::troubled(tx, "shop", Trouble::Failed, at(10)));
        for failure in 1..=5 {
            assert_eq!(troubled().await.unwrap(), failure == 5);
        }
        assert!(
            home.calls(me, 4, at(39)).await.is_empty(),
            "it rests for 30 s"
        );
        let probe = home.calls(me, 4, at(40)).await;
        assert_eq!(sizes(&probe), [1], "one call, to see");
        assert!(
            home.calls(me, 4, at(41)).await.is_empty(),
            "and no second one"
        );
        home.write(|tx| queue::served(tx, "shop")).await.unwrap();
        assert_eq!(home.calls(me, 4, at(42)).await.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_of_a_probe_may_die_and_another_probe_goes() {
    for home in homes() {
        home.with_steps("shop", 4, 8).await;
        let me = home.worker(at(0)).await;
        home.write(|tx| queue::troubled(tx, "shop", Trouble::Refused, at(0)))
            .await
            .unwrap();
        assert_eq!(home.calls(me, 4, at(30)).await.len(), 1);
        // Its lease runs out at 60.
        home.write(|tx| queue::recover(tx, at(100))).await.unwrap();
        let other = home.worker(at(100)).await;
        assert_eq!(home.calls(other, 4, at(101)).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_store_gets_nothing_and_another_is_not_held_up() {
    for home in homes() {
        home.with_steps("shop", 2, 8).await;
        home.with_steps("crm", 2, 8).await;
        let me = home.worker(at(0)).await;
        let paused = home
            .write(|tx| queue::pause(tx, Some("shop"), "cli:ada", "upgrade", at(1)))
            .await;
        assert_eq!(paused.unwrap(), 1);
        let taken = home.claim(me, 8, at(2)).await;
        assert!(taken.iter().all(|step| step.store == "crm"), "{taken:?}");
        assert_eq!(taken.len(), 2);
        let resumed = home.write(|tx| queue::resume(tx, None)).await.unwrap();
        assert_eq!(resumed, 1);
        assert_eq!(home.claim(me, 8, at(3)).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_kept_over_all_claims() {
    for home in homes() {
        home.with_steps("shop", 9, 8).await;
        let rated = NewGate {
            rate: Some(Rate {
                milli_per_second: 500,
                burst: 2,
            }),
            ..gate("shop", 100, 1)
        };
        home.write(move |tx| queue::register(tx, &rated))
            .await
            .unwrap();
        let me = home.worker(at(0)).await;
        let mut taken = Vec::new();
        for second in 0..7 {
            taken.push(home.claim(me, 8, at(second)).await.len());
        }
        assert_eq!(taken, [2, 0, 1, 0, 1, 0, 1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_waits_for_its_time_or_for_the_store_comes_back() {
    for home in homes() {
        let ids = home.with_steps("shop", 2, 8).await;
        let me = home.worker(at(0)).await;
        let taken = home.claim(me, 8, at(1)).await;
        let (failed, accepted) = (lease(&taken[0]), lease(&taken[1]));
        home.write(move |tx| {
            let failure = Failure {
                class: "transient",
                code: "unreachable".into(),
                message: "no answer".into(),
            };
            queue::fail(tx, failed, &failure, at(60), true, at(2))?;
            queue::wait(tx, accepted, b"job 7", Some(at(90)), at(2))
        })
        .await
        .unwrap();
        assert_eq!(home.state(ids[0]).await, State::Delayed);
        assert_eq!(home.state(ids[1]).await, State::Waiting);
        assert!(home.claim(me, 8, at(59)).await.is_empty());
        assert_eq!(home.claim(me, 8, at(60)).await[0].id, ids[0]);
        let polled = home.claim(me, 8, at(90)).await;
        assert_eq!(polled[0].id, ids[1]);
        assert_eq!(polled[0].handle.as_deref(), Some(b"job 7".as_slice()));
        assert_eq!(polled[0].attempts, 1, "to be asked again is no failure");
    }
}
