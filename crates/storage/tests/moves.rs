//! What the database itself refuses, whatever our code believes: every move of a step that is not
//! one of ours, and the end of a request that still has work.

mod home;

use habeas_domain::RequestId;
use habeas_storage::{
    Location, queue, requests,
    steps::{self, State},
};
use home::{Home, at, gate, homes, request_row, run_allowed, run_raw, step};

/// Every move there is. Whatever is not here must be refused.
const MOVES: &[(State, &[State])] = {
    use State::*;
    &[
        (Ready, &[Running, Parked, Withdrawn]),
        (Delayed, &[Ready, Parked, Withdrawn]),
        (
            Running,
            &[
                Ready, Delayed, Waiting, Parked, Done, Absent, Kept, Failed, Withdrawn,
            ],
        ),
        (
            Waiting,
            &[Ready, Parked, Done, Absent, Kept, Failed, Withdrawn],
        ),
        (Parked, &[Ready, Failed, Withdrawn]),
        (Done, &[]),
        (Absent, &[]),
        (Kept, &[]),
        (Failed, &[]),
        (Withdrawn, &[]),
    ]
};

/// The columns that go with a state, so that nothing but the move itself can be at fault.
fn columns(state: State) -> String {
    let set = |yes: bool, value: &str| if yes { value.to_owned() } else { "null".into() };
    format!(
        "state = '{state}', lease_owner = {}, call = {}, parked_reason = {}, outcome_at = {}, \
         not_before = '2027-01-15 08:00:00'",
        set(state == State::Running, "'w'"),
        set(state == State::Running, "'c'"),
        set(state == State::Parked, "'officer'"),
        set(state.is_final(), "'2027-01-15 08:00:00'"),
    )
}

/// A request with one step for each pair of states, standing in the first of the pair. The step's
/// slot names the pair.
async fn with_every_pair(home: &Home) {
    home.write(|tx| {
        queue::register(tx, &gate("shop", 1, 1))?;
        let id = RequestId::fresh();
        requests::insert(tx, &request_row(id))?;
        for from in State::ALL {
            for to in State::ALL {
                steps::enqueue(tx, &step(id, "shop", &format!("{from} {to}"), at(1)))?;
            }
        }
        Ok(())
    })
    .await
    .unwrap();
    let worker = "insert into worker (id, host, version, started_at, alive_until, state) values \
                  ('w', 'test', '0', '2027-01-15 08:00:00', '2027-01-15 09:00:00', 'alive');";
    let mut sql = worker.to_owned();
    for from in State::ALL.iter().filter(|from| **from != State::Ready) {
        let pairs = format!("slot like '{from} %'");
        // Everything is reached over a claim.
        sql += &format!(
            "update step set {}, lease_epoch = 1 where {pairs};",
            columns(State::Running)
        );
        if *from != State::Running {
            sql += &format!("update step set {} where {pairs};", columns(*from));
        }
    }
    run_allowed(&home.location, &sql);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_allows_our_moves_and_no_other() {
    for home in homes() {
        with_every_pair(&home).await;
        for (from, moves) in MOVES {
            for to in State::ALL.iter().filter(|to| *to != from) {
                let sql = format!(
                    "update step set {}, lease_epoch = lease_epoch + {} where slot = '{from} {to}'",
                    columns(*to),
                    i32::from(*to == State::Running)
                );
                if moves.contains(to) {
                    run_allowed(&home.location, &sql);
                } else {
                    let refused = run_raw(&home.location, &sql);
                    let said = match home.location {
                        Location::Sqlite(_) => "a step cannot make this move",
                        Location::Postgres(_) => "a step cannot go from",
                    };
                    assert!(refused.contains(said), "{from} to {to}: {refused}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_only_ever_rises_by_a_claim() {
    for home in homes() {
        with_every_pair(&home).await;
        for (sql, said) in [
            (
                "update step set lease_epoch = 0 where slot = 'done ready'",
                "never goes back",
            ),
            (
                "update step set lease_epoch = 7 where slot = 'running done'",
                "takes the next epoch",
            ),
            (
                "update step set state = 'running', lease_owner = 'w', call = 'c' \
                 where slot = 'ready done'",
                "takes the next epoch",
            ),
        ] {
            let refused = run_raw(&home.location, sql);
            assert!(refused.contains(said), "{sql}: {refused}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_changed_the_world_cannot_be_withdrawn() {
    for home in homes() {
        with_every_pair(&home).await;
        run_allowed(
            &home.location,
            "insert into effect (step_id, effect_key, intent_epoch, intent_at) \
             select id, 'k', 1, '2027-01-15 08:00:00' from step where slot = 'running withdrawn'",
        );
        let sql = format!(
            "update step set {} where slot = 'running withdrawn'",
            columns(State::Withdrawn)
        );
        let refused = run_raw(&home.location, &sql);
        assert!(refused.contains("an intent"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_cannot_end_while_a_step_is_open() {
    let end = |phase: &str| {
        format!("update request set phase = '{phase}', closed_at = '2027-01-15 08:00:00'")
    };
    for home in homes() {
        home.write(|tx| {
            queue::register(tx, &gate("shop", 1, 1))?;
            let id = RequestId::fresh();
            requests::insert(tx, &request_row(id))?;
            steps::enqueue(tx, &step(id, "shop", "1", at(1)))
        })
        .await
        .unwrap();
        for phase in ["closed", "refused", "withdrawn"] {
            let refused = run_raw(&home.location, &end(phase));
            assert!(refused.contains("unfinished step"), "{phase}: {refused}");
        }
        // A letter that is on its way holds up only the closing.
        run_allowed(&home.location, "update step set verb = 'letter'");
        let refused = run_raw(&home.location, &end("closed"));
        assert!(refused.contains("unfinished step"), "{refused}");
        run_allowed(&home.location, &end("refused"));
    }
}
