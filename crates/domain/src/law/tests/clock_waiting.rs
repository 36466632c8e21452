//! What waiting for the person does to a deadline.

use EventKind::{
    ClarificationAsked, ClarificationReceived, FeeCharged, FeePaid, IdentityAsked, IdentityReceived,
};

use super::*;

#[test]
fn a_pause_leaves_out_the_days_after_the_question_up_to_the_answer() {
    let events = [
        (IdentityAsked, "2027-02-03"),
        (IdentityReceived, "2027-02-10"),
    ];
    let clock = eu(Right::Access, "FR", &facts("2027-02-01", &events));
    assert_eq!(clock.pause_days, 7, "4 to 10 February");
    assert_eq!(clock.due, on("2027-03-08"));
    assert_eq!(clock.due_without_pause, on("2027-03-01"));
    assert_eq!(clock.notice_by, on("2027-03-08"));
    assert_eq!(
        clock.review,
        Review::Unverified,
        "the pause rests on guidelines"
    );
}

#[test]
fn an_extension_is_paused_as_the_answer_is() {
    let events = [
        (ClarificationAsked, "2027-03-04"),
        (ClarificationReceived, "2027-03-08"),
    ];
    let clock = elsewhere(Right::Access, &facts("2027-03-01", &events));
    assert_eq!((clock.pause_days, clock.due), (5, on("2027-04-06")));
    assert_eq!(clock.max_nominal, on("2027-06-06"), "a Sunday");
    assert_eq!(clock.max, on("2027-06-07"));
}

#[test]
fn while_the_answer_is_missing_nothing_is_due_and_the_unpaused_date_is_still_shown() {
    let clock = eu(
        Right::Access,
        "FR",
        &facts("2027-02-01", &[(IdentityAsked, "2027-02-03")]),
    );
    assert_eq!((clock.due, clock.plan, clock.max), (None, None, None));
    assert_eq!(clock.paused_since, on("2027-02-03"));
    assert_eq!(clock.waiting_for, Some(Reason::Identity));
    assert_eq!(clock.due_without_pause, on("2027-03-01"));
    assert_eq!(
        clock.derivation.last().unwrap(),
        "Waiting for proof of identity since Wednesday 3 February 2027: the clock stands \
         (GDPR Art. 12(6); EDPB Guidelines 01/2022)."
    );
}

#[test]
fn a_question_put_late_moves_nothing() {
    let events = |asked| [(IdentityAsked, asked), (IdentityReceived, "2027-02-20")];
    let in_time = eu(
        Right::Access,
        "FR",
        &facts("2027-02-01", &events("2027-02-08")),
    );
    assert_eq!((in_time.pause_days, in_time.due), (12, on("2027-03-15")));
    let late = eu(
        Right::Access,
        "FR",
        &facts("2027-02-01", &events("2027-02-09")),
    );
    assert_eq!((late.pause_days, late.due), (0, on("2027-03-01")));
    assert_eq!(late.due_without_pause, None);
}

#[test]
fn a_question_put_after_the_deadline_does_not_hide_that_it_was_missed() {
    let clock = elsewhere(
        Right::Access,
        &facts("2027-03-01", &[(ClarificationAsked, "2027-04-02")]),
    );
    assert_eq!((clock.due, clock.paused_since), (on("2027-04-01"), None));
    // The longer period is still running on that day, and it does wait.
    assert_eq!(clock.max, None);
}

#[test]
fn a_question_on_the_day_of_receipt_gains_nothing_for_that_day() {
    let events = [
        (ClarificationAsked, "2027-06-14"),
        (ClarificationReceived, "2027-06-16"),
    ];
    let clock = elsewhere(Right::Access, &facts("2027-06-14", &events));
    assert_eq!((clock.pause_days, clock.due), (2, on("2027-07-16")));
}

#[test]
fn an_answer_on_the_day_of_the_question_pauses_nothing() {
    let events = [
        (IdentityAsked, "2027-02-03"),
        (IdentityReceived, "2027-02-03"),
    ];
    let clock = eu(Right::Access, "FR", &facts("2027-02-01", &events));
    assert_eq!((clock.pause_days, clock.due), (0, on("2027-03-01")));
}

#[test]
fn days_that_two_questions_share_are_left_out_once() {
    let events = [
        (IdentityAsked, "2027-02-02"),
        (ClarificationAsked, "2027-02-05"),
        (IdentityReceived, "2027-02-08"),
        (ClarificationReceived, "2027-02-10"),
    ];
    let clock = eu(Right::Access, "FR", &facts("2027-02-01", &events));
    assert_eq!((clock.pause_days, clock.due), (8, on("2027-03-09")));
}

#[test]
fn an_open_question_beside_an_answered_one_still_stops_the_clock() {
    let events = [
        (IdentityAsked, "2027-02-02"),
        (ClarificationAsked, "2027-02-03"),
        (IdentityReceived, "2027-02-08"),
    ];
    let clock = eu(Right::Access, "FR", &facts("2027-02-01", &events));
    assert_eq!((clock.due, clock.paused_since), (None, on("2027-02-03")));
    assert_eq!(clock.waiting_for, Some(Reason::Clarification));
}

#[test]
fn a_start_that_waits_is_the_latest_of_what_was_asked_for() {
    let events = [
        (IdentityAsked, "2026-12-02"),
        (IdentityReceived, "2026-12-10"),
    ];
    let clock = elsewhere(Right::Access, &facts("2026-12-01", &events));
    assert_eq!(clock.start, on("2026-12-10"));
    assert_eq!(
        (clock.nominal, clock.due),
        (on("2027-01-10"), on("2027-01-11"))
    );

    let nothing_asked = elsewhere(Right::Access, &facts("2026-12-01", &[]));
    assert_eq!(nothing_asked.start, on("2026-12-01"));
}

#[test]
fn a_clock_that_waits_for_its_fee_has_not_started() {
    let mut facts = facts("2026-12-01", &[(FeeCharged, "2026-12-02")]);
    let waiting = elsewhere(Right::Access, &facts);
    assert_eq!((waiting.start, waiting.due), (None, None));
    assert_eq!(waiting.waiting_for, Some(Reason::Fee));

    facts.events.push(Event {
        event: FeePaid,
        on: day("2026-12-04"),
    });
    assert_eq!(elsewhere(Right::Access, &facts).due, on("2027-01-04"));
}

#[test]
fn days_before_a_late_start_are_not_left_out_again() {
    let events = [
        (IdentityAsked, "2027-03-02"),
        (ClarificationAsked, "2027-03-02"),
        (IdentityReceived, "2027-03-05"),
        (ClarificationReceived, "2027-03-09"),
    ];
    let clock = elsewhere(Right::Access, &facts("2027-03-01", &events));
    assert_eq!((clock.start, clock.pause_days), (on("2027-03-05"), 4));
    assert_eq!(clock.due, on("2027-04-09"));
}

#[test]
fn events_that_cannot_have_happened_are_refused() {
    let check = |events: &[(EventKind, &str)], message: &str| {
        let book = LawBook::builtin().unwrap();
        let facts = facts("2027-02-01", events);
        for (profile, right) in [("eu", Right::Access), ("us-ca-ccpa", Right::OptOut)] {
            let error = book.clock(profile, right, None, None, &facts).unwrap_err();
            assert_eq!(error.to_string(), message, "{profile}");
        }
    };
    check(
        &[(IdentityAsked, "2027-01-31")],
        "event 'identity_asked' on 2027-01-31 is before receipt",
    );
    check(
        &[(IdentityReceived, "2027-02-02")],
        "event 'identity_received' on 2027-02-02 answers no question",
    );
    check(
        &[(FeeCharged, "2027-02-03"), (FeePaid, "2027-02-02")],
        "event 'fee_paid' on 2027-02-02 is before its question",
    );
}
