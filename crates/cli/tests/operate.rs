//! An operator's hand on the queue, and what the audit trail says of it.

mod common;

use common::Company;
use serde_json::Value;

fn submitted(company: &Company) {
    let submit = [
        "request",
        "submit",
        "--right",
        "access",
        "--email",
        "ada@example.org",
    ];
    company.run(&submit).well();
}

fn listed(company: &Company, more: &[&str]) -> Vec<Value> {
    let args = [&["steps", "list", "--json"], more].concat();
    company.run(&args).well().json().as_array().unwrap().clone()
}

/// What was written down about an event, with its actor.
fn audited(company: &Company, event: &str) -> (String, String) {
    let connection = rusqlite::Connection::open(company.path("habeas.db")).unwrap();
    let sql = "select actor, detail from audit where event = ?1";
    connection
        .query_row(sql, [event], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}

#[test]
fn a_step_is_parked_and_runs_again_with_a_reason() {
    let company = Company::found();
    submitted(&company);
    let waiting = listed(&company, &["--state", "ready"]);
    assert_eq!(waiting.len(), 2, "an acknowledgement and a code");
    let (id, verb) = (waiting[0]["id"].as_str().unwrap(), &waiting[0]["verb"]);
    assert_eq!(verb, "letter");

    company
        .run(&["steps", "park", id, "--reason", "the wording is wrong"])
        .well();
    company.run(&["work", "--until-idle"]).well();
    assert_eq!(company.letters().len(), 1, "only the other one goes out");
    let parked = listed(&company, &["--state", "parked", "--store", "habeas-mail"]);
    assert_eq!(parked[0]["id"], *id);
    let (actor, detail) = audited(&company, "step.parked");
    assert!(actor.starts_with("cli:") && actor.len() > 4, "{actor}");
    assert_eq!(
        detail,
        "letter on habeas-mail was stopped: the wording is wrong"
    );

    company
        .run(&["steps", "retry", id, "--reason", "mended"])
        .well();
    company.run(&["work", "--until-idle"]).well();
    assert_eq!(company.letters().len(), 2);
    assert_eq!(
        audited(&company, "step.retried").1,
        "letter on habeas-mail runs again: mended"
    );
    assert_eq!(
        company.run(&["steps", "list"]).well().stdout,
        "no such steps\n"
    );
}

#[test]
fn a_step_that_has_ended_is_not_moved_and_a_reason_is_asked_for() {
    let company = Company::found();
    submitted(&company);
    company.run(&["work", "--until-idle"]).well();
    let done = listed(&company, &["--state", "done"]);
    let id = done[0]["id"].as_str().unwrap();
    for act in ["retry", "park"] {
        let refused = company.run(&["steps", act, id, "--reason", "once more"]);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert_eq!(
            company.run(&["steps", act, id]).code,
            2,
            "no reason is wrong use"
        );
    }
    let unknown = company.run(&["steps", "list", "--state", "lost"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("parked"),
        "the states are named: {}",
        unknown.stderr
    );
    let blank = company.run(&["steps", "park", id, "--reason", " "]);
    assert!(blank.stderr.contains("give a reason"), "{}", blank.stderr);
}

#[test]
fn a_paused_store_gets_no_work_until_it_is_resumed() {
    let company = Company::found();
    let pause = [
        "stores",
        "pause",
        "--all",
        "--reason",
        "the stores move house",
    ];
    assert_eq!(company.run(&pause).well().stdout, "every store: paused\n");
    assert_eq!(
        company.run(&pause).well().stdout,
        "every store: was paused already\n"
    );
    submitted(&company);
    company.run(&["work", "--until-idle"]).well();
    assert_eq!(listed(&company, &[]).len(), 2, "both letters wait");
    let (actor, detail) = audited(&company, "store.paused");
    assert!(actor.starts_with("cli:"), "{actor}");
    assert_eq!(detail, "every store was paused: the stores move house");

    company.run(&["stores", "resume", "habeas-mail"]).well();
    company.run(&["work", "--until-idle"]).well();
    assert_eq!(company.letters().len(), 2);
    assert_eq!(audited(&company, "store.resumed").1, "habeas-mail goes on");
}

#[test]
fn a_store_is_named_or_all_are_meant() {
    let company = Company::found();
    let nobody = company.run(&["stores", "pause", "attic", "--reason", "dust"]);
    assert_eq!(nobody.code, 1);
    assert!(
        nobody.stderr.contains("no store 'attic' is registered"),
        "{}",
        nobody.stderr
    );
    for wrong in [
        &["stores", "resume"][..],
        &["stores", "resume", "shop", "--all"],
    ] {
        assert_eq!(company.run(wrong).code, 2, "{wrong:?}");
    }
}
