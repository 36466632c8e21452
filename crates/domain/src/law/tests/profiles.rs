//! The laws that come with Habeas: complete, and each in force when it should be.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;
use crate::right::Lane;

#[test]
fn every_file_in_the_law_folder_is_built_in_and_loads() {
    let book = LawBook::builtin().unwrap();
    assert!(book.profiles().count() > 0);
    let law = Path::new(env!("CARGO_MANIFEST_DIR")).join("law");
    let built_in = [
        ("profiles", crate::law::builtin::PROFILES),
        ("calendars", crate::law::builtin::CALENDARS),
    ];
    for (folder, files) in built_in {
        let names = files.iter().map(|(name, _)| (*name).to_owned());
        let on_disk = fs::read_dir(law.join(folder)).unwrap();
        let on_disk = on_disk.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(
            names.collect::<BTreeSet<_>>(),
            on_disk.collect(),
            "{folder}"
        );
    }
}

#[test]
fn no_right_in_the_open_lane_is_gated_by_identity_under_any_law() {
    let book = LawBook::builtin().unwrap();
    let open = book
        .profiles()
        .flat_map(Profile::rules)
        .filter(|rule| rule.right.lane() == Lane::Open);
    let mut seen = 0;
    for rule in open {
        assert!(!rule.verify_identity, "{}", rule.right);
        seen += 1;
    }
    assert!(seen >= 4);
}

#[test]
fn every_law_can_tell_what_to_do_about_a_refusal() {
    let book = LawBook::builtin().unwrap();
    for profile in book.profiles() {
        assert_eq!(profile.remedies.len(), 2, "{}", profile.id);
        for remedy in &profile.remedies {
            assert!(remedy.text.ends_with('.') && !remedy.source.is_empty());
        }
    }
}

#[test]
fn a_request_keeps_the_version_in_force_on_the_day_it_came_in() {
    let book = LawBook::builtin().unwrap();
    let ask = |received| {
        let facts = Facts::received(received);
        book.clock("us-ca-ccpa", Right::AutomatedDecision, None, None, &facts)
    };
    // 07:30 UTC on 1 January is still 2026 in California, and there the rules begin in 2027.
    let before = ask(Received::Instant("2027-01-01T07:30:00Z".parse().unwrap()));
    assert_eq!(
        before.unwrap_err().to_string(),
        "law profile 'us-ca-ccpa' of 2026-01-01 knows no right 'automated_decision'"
    );
    let after = ask(Received::Instant("2027-01-01T08:30:00Z".parse().unwrap())).unwrap();
    assert_eq!(after.version, day("2027-01-01"));
    let memorial_day = ask(Received::Date(day("2027-05-24"))).unwrap();
    assert_eq!(memorial_day.due, on("2027-06-15"));
}

#[test]
fn a_law_is_not_applied_before_it_is_in_force() {
    let book = LawBook::builtin().unwrap();
    let error = book.profile("us-ca-ccpa", day("2025-12-31")).unwrap_err();
    let text = "law profile 'us-ca-ccpa' is not in force on 2025-12-31; it starts on 2026-01-01";
    assert_eq!(error.to_string(), text);
    let facts = facts("2025-12-31", &[]);
    let clock = book.clock("us-ca-ccpa", Right::Access, None, None, &facts);
    assert_eq!(clock.unwrap_err(), error);
    let today = book.profile("us-ca-ccpa", day("2026-12-31")).unwrap();
    assert_eq!(today.valid_from, day("2026-01-01"));
}

#[test]
fn unknown_names_are_answered_with_the_known_ones() {
    let book = LawBook::builtin().unwrap();
    let facts = facts("2027-02-01", &[]);
    let ask = |profile, calendar, zone| {
        let asked = book.clock(profile, Right::Access, calendar, zone, &facts);
        asked.map(|clock| clock.due_at).unwrap_err().to_string()
    };
    assert_eq!(
        ask("atlantis", None, None),
        "unknown law profile 'atlantis'; known are eu, us-ca-ccpa"
    );
    assert_eq!(
        ask("eu", Some("XX"), None),
        "unknown calendar 'XX'; known are DE, DE-BY, FR, IE, us-ca-min"
    );
    assert_eq!(ask("eu", None, Some("Mars")), "unknown time zone 'Mars'");
}
