//! When an answer is due: months, days, business days, weekends and extensions.

use super::*;

/// Checks the nominal and the enforced date of a European access request.
#[track_caller]
fn check(calendar: &str, received: &str, nominal: &str, due: &str) {
    let clock = eu(Right::Access, calendar, &facts(received, &[]));
    assert_eq!((clock.nominal, clock.due), (on(nominal), on(due)));
}

#[test]
fn a_month_ends_on_the_same_date_of_the_next() {
    check("DE", "2026-12-07", "2027-01-07", "2027-01-07");
}

#[test]
fn a_month_is_clamped_to_the_end_of_a_short_month_and_then_moved_off_the_weekend() {
    check("DE", "2027-01-31", "2027-02-28", "2027-03-01");
    check("DE", "2027-01-29", "2027-02-28", "2027-03-01");
    check("DE", "2027-08-31", "2027-09-30", "2027-09-30");
}

#[test]
fn a_leap_year_has_a_29th_of_february() {
    check("DE", "2028-01-31", "2028-02-29", "2028-02-29");
}

#[test]
fn an_end_on_good_friday_moves_past_the_weekend_and_easter_monday() {
    check("DE", "2027-02-26", "2027-03-26", "2027-03-30");
}

#[test]
fn good_friday_is_a_working_day_in_ireland() {
    check("IE", "2027-02-26", "2027-03-26", "2027-03-26");
}

#[test]
fn epiphany_moves_an_end_in_bavaria_only() {
    check("DE-BY", "2026-12-06", "2027-01-06", "2027-01-07");
    check("DE", "2026-12-06", "2027-01-06", "2027-01-06");
}

#[test]
fn an_extension_counts_from_the_original_start_and_not_from_the_clamped_end() {
    let clock = eu(Right::Access, "DE", &facts("2027-01-31", &[]));
    assert_eq!(clock.notice_by, on("2027-03-01"));
    assert_eq!(clock.max, on("2027-04-30"));
}

#[test]
fn the_local_civil_date_decides_even_across_a_year() {
    let received = Received::Instant("2026-12-31T23:30:00Z".parse().unwrap());
    let berlin = eu(Right::Access, "DE", &Facts::received(received));
    assert_eq!(
        (berlin.d0, berlin.due),
        (day("2027-01-01"), on("2027-02-01"))
    );

    let book = LawBook::builtin().unwrap();
    let facts = Facts::received(received);
    let zone = Some("Europe/Dublin");
    let dublin = book.clock("eu", Right::Access, Some("DE"), zone, &facts);
    assert_eq!(dublin.unwrap().d0, day("2026-12-31"));
}

#[test]
fn the_deadline_is_the_last_second_of_the_day_on_either_side_of_summer_time() {
    // Clocks go forward in the night to 28 March 2027: the day has 23 hours, and still ends.
    let winter = eu(Right::Access, "DE", &facts("2027-02-24", &[]));
    assert_eq!(winter.due, on("2027-03-24"));
    assert_eq!(winter.due_at, Some("2027-03-24T22:59:59Z".parse().unwrap()));
    let summer = eu(Right::Access, "DE", &facts("2027-03-01", &[]));
    assert_eq!(summer.due, on("2027-04-01"));
    assert_eq!(summer.due_at, Some("2027-04-01T21:59:59Z".parse().unwrap()));
}

#[test]
fn california_answers_in_45_days_and_no_weekend_moves_the_end() {
    let clock = california(Right::Access, "2027-01-06");
    assert_eq!(clock.due, on("2027-02-20"), "a Saturday");
    assert_eq!(
        clock.outer,
        on("2027-02-22"),
        "arguable, and not planned on"
    );
    assert_eq!(clock.plan, on("2027-02-15"));
}

#[test]
fn california_acknowledges_in_ten_business_days_and_extends_to_ninety() {
    let clock = california(Right::Access, "2026-12-01");
    assert_eq!(clock.ack, on("2026-12-15"));
    assert_eq!(clock.max, on("2027-03-01"));
    let holidays = california(Right::Erasure, "2026-12-18");
    assert_eq!(
        holidays.ack,
        on("2027-01-05"),
        "25 December, 1 January, weekends"
    );
    let sunday = california(Right::Access, "2027-01-10");
    assert_eq!(
        sunday.ack,
        on("2027-01-25"),
        "a Sunday receipt, and a holiday"
    );
}

#[test]
fn verification_never_moves_the_californian_clock() {
    let book = LawBook::builtin().unwrap();
    let events = [
        (EventKind::IdentityAsked, "2026-12-15"),
        (EventKind::IdentityReceived, "2027-01-20"),
        (EventKind::Verified, "2027-01-20"),
    ];
    let facts = facts("2026-12-14", &events);
    let clock = book.clock("us-ca-ccpa", Right::Erasure, None, None, &facts);
    let clock = clock.unwrap();
    assert_eq!((clock.due, clock.pause_days), (on("2027-01-28"), 0));
    assert_eq!(clock.due_without_pause, None);
    let told = "Waiting for proof of identity does not stop this clock.";
    assert!(clock.derivation.iter().any(|step| step == told));
}

#[test]
fn an_opt_out_takes_effect_on_receipt_and_ends_within_15_business_days() {
    let clock = california(Right::OptOut, "2026-12-14");
    assert_eq!(clock.effective, on("2026-12-14"));
    assert_eq!(clock.due, on("2027-01-06"));
    assert_eq!((clock.ack, clock.notice_by, clock.max), (None, None, None));
    let moved = california(Right::OptOut, "2027-06-18");
    assert_eq!(
        moved.due,
        on("2027-07-12"),
        "4 July is a Sunday, Monday is off"
    );
}

#[test]
fn consent_is_not_asked_for_again_before_a_whole_year_is_over() {
    let reask = |received| california(Right::OptOut, received).reask_from;
    assert_eq!(reask("2027-02-10"), on("2028-02-10"));
    assert_eq!(
        reask("2028-02-29"),
        on("2029-03-01"),
        "a hold is never cut short"
    );
}

#[test]
fn a_browser_signal_is_an_opt_out_and_nothing_else() {
    let book = LawBook::builtin().unwrap();
    let mut facts = facts("2027-03-01", &[]);
    facts.signal = Some(Signal::Gpc);
    let ask = |right| book.clock("us-ca-ccpa", right, None, None, &facts);
    let clock = ask(Right::OptOut).unwrap();
    assert_eq!(clock.effective, on("2027-03-01"));
    assert_eq!(clock.outer, on("2027-03-22"));
    assert_eq!(
        ask(Right::Erasure).unwrap_err().to_string(),
        "signal 'gpc' does not exercise the right 'erasure' under 'us-ca-ccpa'"
    );
}

#[test]
fn a_first_day_that_counts_ends_a_day_earlier_and_outer_does_not_count_it() {
    let clock = elsewhere(Right::Complaint, &facts("2027-01-04", &[]));
    assert_eq!(clock.ack, on("2027-02-02"));
    assert_eq!(clock.ack_outer, on("2027-02-03"));
    assert_eq!(clock.due, None, "no period to answer");
}

#[test]
fn a_plan_is_never_before_the_clock_starts() {
    let clock = elsewhere(Right::Limit, &facts("2027-01-04", &[]));
    assert_eq!(
        (clock.plan, clock.due),
        (on("2027-01-04"), on("2027-01-07"))
    );
}

#[test]
fn archives_are_cleared_within_a_period_from_verification() {
    let unverified = elsewhere(Right::Access, &facts("2027-01-20", &[]));
    assert_eq!(unverified.backups_by, None);
    let verified = facts("2027-01-20", &[(EventKind::Verified, "2027-01-31")]);
    let clock = elsewhere(Right::Access, &verified);
    assert_eq!(clock.backups_by, on("2027-07-31"));
}

#[test]
fn the_derivation_reads_as_the_reckoning_was_done() {
    let clock = eu(Right::Erasure, "DE", &facts("2027-02-26", &[]));
    assert_eq!(
        clock.derivation,
        [
            "Received on Friday 26 February 2027 (Europe/Berlin).",
            "General Data Protection Regulation (European Union), version of Friday 25 May 2018: \
             erasure of your personal data (GDPR Art. 17).",
            "Acknowledge by Wednesday 3 March 2027: 3 business days from receipt \
             (our own promise; the GDPR sets no period to acknowledge).",
            "1 month from Friday 26 February 2027 ends on Friday 26 March 2027 \
             (GDPR Art. 12(3); Regulation (EEC, Euratom) No 1182/71 Art. 3).",
            "Friday 26 March 2027 is Good Friday: the end moves to Tuesday 30 March 2027.",
            "Answer by Tuesday 30 March 2027; aim for Thursday 25 March 2027.",
            "With an extension announced by Tuesday 30 March 2027: 3 months from the same start, \
             by Wednesday 26 May 2027.",
        ]
    );
}

#[test]
fn a_clock_survives_being_stored_as_json() {
    let clock = eu(Right::Erasure, "DE", &facts("2027-02-26", &[]));
    let text = serde_json::to_string(&clock).unwrap();
    assert!(text.contains(r#""due":"2027-03-30""#), "{text}");
    assert_eq!(serde_json::from_str::<Clock>(&text).unwrap(), clock);
}
