//! A request from a terminal, from the first command to the last.

mod common;

use common::Company;

const PASSWORD: &str = "correct horse battery";

/// The eight digits in the letter about a reference.
fn code(company: &Company, reference: &str) -> String {
    let (_, text) = company
        .letters()
        .into_iter()
        .find(|(subject, _)| subject.contains("code") && subject.contains(reference))
        .expect("a letter with a code");
    let line = text
        .lines()
        .find(|line| line.trim().len() == 9 && line.starts_with("    "));
    line.expect("a line with the code").trim().to_owned()
}

fn submitted(company: &Company, right: &str) -> String {
    let args = [
        "request",
        "submit",
        "--right",
        right,
        "--email",
        "ada@example.org",
        "--json",
    ];
    let submitted = company.run(&args).well().json();
    assert_eq!(submitted["needs_code"], true);
    company.run(&["work", "--until-idle"]).well();
    submitted["reference"]
        .as_str()
        .expect("a reference")
        .to_owned()
}

fn shown(company: &Company, reference: &str) -> serde_json::Value {
    company
        .run(&["request", "show", reference, "--json"])
        .well()
        .json()
}

/// A request whose plan lies before the officer olive.
fn planned(company: &Company, right: &str) -> (String, String) {
    let add = ["officer", "add", "olive", "--name", "Olive"];
    company.run_with(&add, &format!("{PASSWORD}\n")).well();
    let reference = submitted(company, right);
    company
        .run(&["request", "verify", &reference, &code(company, &reference)])
        .well();
    company.run(&["work", "--until-idle"]).well();
    let hash = shown(company, &reference)["plan"]["hash"]
        .as_str()
        .expect("a plan")
        .to_owned();
    (reference, hash)
}

fn decide(company: &Company, args: &[&str]) -> common::Ran {
    let args = [&["request"], args, &["--officer", "olive"]].concat();
    company.run_with(&args, PASSWORD)
}

#[test]
fn an_erasure_goes_from_form_to_receipt() {
    let company = Company::found();
    let (reference, hash) = planned(&company, "erasure");
    decide(&company, &["approve", &reference, "--plan", &hash]).well();
    company.run(&["work", "--until-idle"]).well();
    decide(&company, &["release", &reference]).well();
    company.run(&["work", "--until-idle"]).well();

    let view = shown(&company, &reference);
    assert_eq!(view["request"]["phase"], "closed");
    assert_eq!(view["subject"], "a•••@example.org");
    let left = |file, table: &str| company.number(file, &format!("select count(*) from {table}"));
    assert_eq!(left("shop.db", "customer"), 1, "Ben stays");
    assert_eq!(
        left("support.db", "contact"),
        1,
        "Ada is gone, the call she made included"
    );
    let listed = company.run(&["request", "list", "--all"]).well().stdout;
    assert!(listed.contains(&reference), "{listed}");
    assert_eq!(
        company.run(&["request", "list"]).well().stdout,
        "no requests\n"
    );
}

#[test]
fn only_the_plan_that_was_read_is_approved() {
    let company = Company::found();
    let (reference, _) = planned(&company, "access");
    let other = "0".repeat(64);
    let refused = decide(&company, &["approve", &reference, "--plan", &other]);
    assert_eq!(refused.code, 1);
    let expected = "error: the plan has changed since it was read; look at it again\n";
    assert_eq!(refused.stderr, expected);
}

#[test]
fn nobody_decides_with_a_wrong_password_or_after_being_shut_out() {
    let company = Company::found();
    let (reference, hash) = planned(&company, "access");
    let approve = [
        "request",
        "approve",
        &reference,
        "--plan",
        &hash,
        "--officer",
        "olive",
    ];
    let refused = company.run_with(&approve, "a wrong password");
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (1, "error: wrong login or password\n")
    );
    company.run(&["officer", "disable", "olive"]).well();
    let refused = company.run_with(&approve, PASSWORD);
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (1, "error: wrong login or password\n")
    );
    assert_eq!(shown(&company, &reference)["request"]["phase"], "planned");
}

#[test]
fn a_refusal_needs_a_reason_and_ends_the_request() {
    let company = Company::found();
    let (reference, _) = planned(&company, "erasure");
    let empty = decide(&company, &["refuse", &reference, "--reason", " "]);
    assert_eq!(empty.code, 1, "{empty:?}");
    decide(
        &company,
        &[
            "refuse",
            &reference,
            "--reason",
            "It was not you who asked.",
        ],
    )
    .well();
    let view = shown(&company, &reference);
    assert_eq!(view["refusal"]["reason"], "It was not you who asked.");
    assert_eq!(
        company.number("shop.db", "select count(*) from customer"),
        2
    );
}

#[test]
fn a_wrong_code_and_an_unknown_reference_prove_nothing() {
    let company = Company::found();
    let reference = submitted(&company, "access");
    let right = code(&company, &reference).replace(' ', "");
    let wrong = if right == "00000000" {
        "00000001"
    } else {
        "00000000"
    };
    for (reference, code) in [(reference.as_str(), wrong), ("HB-00000-00000", &right)] {
        let ran = company.run(&["request", "verify", reference, code]);
        assert_eq!(
            (ran.code, ran.stderr.as_str()),
            (1, "error: the code is wrong or has expired\n")
        );
    }
    assert_eq!(shown(&company, &reference)["request"]["phase"], "received");
    let nobody = company.run(&["request", "show", "HB-00000-00000"]);
    assert_eq!(
        (nobody.code, nobody.stderr.as_str()),
        (1, "error: not found\n")
    );
}

#[test]
fn the_person_takes_a_request_back_with_the_link_of_the_letter() {
    let company = Company::found();
    let reference = submitted(&company, "erasure");
    let letters = company.letters();
    let link = letters
        .iter()
        .flat_map(|(_, text)| text.lines())
        .find(|line| line.contains("/s/"))
        .expect("a link");
    let (_, capability) = link.rsplit_once('/').expect("a capability");
    let wrong = company.run(&["request", "withdraw", &reference, "--capability", "guess"]);
    assert_eq!(wrong.code, 1);
    company
        .run(&[
            "request",
            "withdraw",
            &reference,
            "--capability",
            capability,
        ])
        .well();
    assert_eq!(shown(&company, &reference)["request"]["phase"], "withdrawn");
}

#[test]
fn the_same_key_gives_the_same_reference() {
    let company = Company::found();
    let args = [
        "request",
        "submit",
        "--right",
        "access",
        "--email",
        "ada@example.org",
        "--idempotency-key",
        "monday",
        "--json",
    ];
    let reference = || company.run(&args).well().json()["reference"].clone();
    assert_eq!(reference(), reference());
}

#[test]
fn a_due_date_is_explained_step_by_step() {
    let company = Company::found();
    let reference = submitted(&company, "access");
    let said = company.run(&["law", "explain", &reference]).well().stdout;
    assert!(said.contains("GDPR Art. 15"), "{said}");
    assert!(said.contains("\n  Answer by "), "{said}");
    let clock = company
        .run(&["law", "explain", &reference, "--json"])
        .well()
        .json();
    assert_eq!(clock["due"], shown(&company, &reference)["request"]["due"]);
}

#[test]
fn nothing_that_is_logged_or_shown_to_officers_names_the_person() {
    let company = Company::found();
    let (reference, _) = planned(&company, "access");
    for args in [
        &["request", "show", &reference][..],
        &["request", "list", "--json"],
        &["law", "explain", &reference],
    ] {
        let ran = company.run(args).well();
        assert!(
            !format!("{}{}", ran.stdout, ran.stderr)
                .to_lowercase()
                .contains("ada"),
            "{ran:?}"
        );
    }
}
