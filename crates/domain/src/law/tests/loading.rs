//! What a law file must not say, and how the mistake is named.

use super::*;

/// Loads the made-up law with one piece of text replaced, which must fail.
#[track_caller]
fn check(from: &str, to: &str, message: &str) {
    let text = include_str!("elsewhere.toml");
    assert!(text.contains(from), "the file no longer says {from}");
    let changed = text.replacen(from, to, 1);
    let error = LawBook::parse(&[("elsewhere.toml", &changed)], &[]).unwrap_err();
    assert_eq!(error.to_string(), message);
}

/// Loads a calendar with one piece of text replaced, which must fail.
#[track_caller]
fn check_calendar(from: &str, to: &str, message: &str) {
    let text = r#"
[[calendar]]
id = "XX"
title = "Elsewhere"
source = "s. 7"
weekend = ["sunday"]
valid_from = 2027-01-01
valid_until = 2027-12-31
holidays = [{ date = 2027-05-01, label = "May Day" }]
"#;
    LawBook::parse(&[], &[("xx.toml", text)]).unwrap();
    assert!(text.contains(from), "the file no longer says {from}");
    let changed = text.replacen(from, to, 1);
    let error = LawBook::parse(&[], &[("xx.toml", &changed)]).unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    check(
        "n = 1\n",
        "n = 1\nweeks = 4\n",
        "elsewhere.toml:12: unknown field `weeks`, expected one of `n`, `unit`, `extended_to`, \
         `count_first_day`, `roll`, `source`",
    );
}

#[test]
fn an_unknown_right_or_a_missing_citation_is_refused_with_its_line() {
    check(
        "right = \"access\"",
        "right = \"forget\"",
        "elsewhere.toml:34: unknown variant `forget`, expected one of `access`, `portability`, \
         `erasure`, `rectification`, `opt_out`, `limit`, `restriction`, `objection`, \
         `automated_decision`, `complaint`, `appeal`",
    );
    check(
        "citation = \"s. 5\"\n",
        "",
        "elsewhere.toml:33: missing field `citation`",
    );
    check(
        "citation = \"s. 5\"",
        "citation = \"\"",
        "elsewhere.toml: right access: citation: is empty",
    );
}

#[test]
fn a_name_that_leads_nowhere_is_refused() {
    check(
        "respond = \"one_month\"",
        "respond = \"one_moon\"",
        "elsewhere.toml: right access: respond: no [period.one_moon] in this file",
    );
    check(
        "pauses = [\"clarification\"]",
        "pauses = [\"fee\"]",
        "elsewhere.toml: right access: pauses: nothing in this file defines a pause for a fee",
    );
    check(
        "timezone = \"Europe/London\"",
        "timezone = \"Europe/Atlantis\"",
        "elsewhere.toml: timezone: is not an IANA time zone",
    );
    check(
        "timezone =",
        "calendar = \"XX\"\ntimezone =",
        "elsewhere.toml: calendar: unknown calendar 'XX'; known are ",
    );
}

#[test]
fn a_law_cannot_put_an_identity_check_before_an_objection() {
    check(
        "right = \"access\"",
        "right = \"objection\"",
        "elsewhere.toml: right objection: verify_identity: is true, but this right is never gated \
         by identity",
    );
    check(
        "verify_identity = true",
        "verify_identity = false",
        "elsewhere.toml: right access: verify_identity: is false, yet the clock would wait for \
         identity",
    );
}

#[test]
fn a_period_that_contradicts_itself_is_refused() {
    check(
        "extended_to = 3",
        "extended_to = 1",
        "elsewhere.toml: period.one_month.extended_to: is the whole period and must exceed n",
    );
    check(
        "n = 1\n",
        "n = 0\n",
        "elsewhere.toml: period.one_month.n: is not at least 1",
    );
    check(
        "unit = \"month\"",
        "unit = \"business_day\"",
        "elsewhere.toml: period.one_month.roll: has nothing to move: a business day never ends on \
         a day off",
    );
    check(
        "unit = \"day\"",
        "unit = \"month\"",
        "elsewhere.toml: period.thirty_days.count_first_day: makes sense for days only",
    );
}

#[test]
fn two_answers_to_one_question_are_refused() {
    check(
        "right = \"complaint\"",
        "right = \"access\"",
        "elsewhere.toml: right access: is listed twice",
    );
    let text = include_str!("elsewhere.toml");
    let error = LawBook::parse(&[("a.toml", text), ("b.toml", text)], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "b.toml: valid_from: another file has this id from the same day"
    );
}

#[test]
fn a_calendar_that_contradicts_itself_is_refused() {
    check_calendar(
        "\"sunday\"",
        "\"caturday\"",
        "xx.toml: calendar XX: weekend: unknown weekday 'caturday'",
    );
    check_calendar(
        "2027-05-01",
        "2028-05-01",
        "xx.toml: calendar XX: holidays: 2028-05-01 is outside valid_from and valid_until",
    );
    check_calendar(
        "2027-12-31",
        "2026-12-31",
        "xx.toml: calendar XX: valid_until: is before valid_from",
    );
    check_calendar(
        "[{ ",
        "[{ date = 2027-05-01, label = \"Labour Day\" }, { ",
        "xx.toml: calendar XX: holidays: 2027-05-01 is listed twice",
    );
    check_calendar(
        "2027-05-01",
        "2027-05-01T00:00:00",
        "xx.toml:9: expected a date without a time",
    );
}
