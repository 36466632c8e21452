//! What holds for every request, whatever the day and the law.

use jiff::ToSpan;
use proptest::prelude::*;

use super::*;

/// A receipt whose longest period still ends inside the calendars.
fn receipt() -> impl Strategy<Value = Date> {
    (0_i64..1_660).prop_map(|n| day("2026-01-05").checked_add(n.days()).unwrap())
}

/// A question put and answered some days after receipt, or not answered yet.
fn question() -> impl Strategy<Value = (i64, Option<i64>)> {
    (0_i64..40, proptest::option::of(0_i64..60))
}

fn ask(profile: &str, right: Right, received: Date, asked: i64, waited: Option<i64>) -> Clock {
    let at = |days: i64| received.checked_add(days.days()).unwrap();
    let question = Event {
        event: EventKind::IdentityAsked,
        on: at(asked),
    };
    let answer = waited.map(|waited| Event {
        event: EventKind::IdentityReceived,
        on: at(asked + waited),
    });
    let facts = Facts {
        received: Received::Date(received),
        events: std::iter::once(question).chain(answer).collect(),
        signal: None,
    };
    let book = LawBook::builtin().unwrap();
    book.clock(profile, right, None, None, &facts).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn dates_of_a_clock_are_in_order(received in receipt(), (asked, waited) in question()) {
        let book = LawBook::builtin().unwrap();
        for profile in ["eu", "us-ca-ccpa"] {
            for rule in book.profile(profile, received).unwrap().rules() {
                let clock = ask(profile, rule.right, received, asked, waited);
                let Some(due) = clock.due else {
                    prop_assert!(clock.paused_since.is_some(), "nothing due, and no reason");
                    continue;
                };
                prop_assert!(clock.start <= clock.plan && clock.plan <= Some(due));
                prop_assert!(clock.nominal <= Some(due));
                prop_assert!(clock.outer.is_none_or(|outer| due <= outer));
                prop_assert!(clock.max.is_none_or(|max| due < max));
                prop_assert!(clock.due_without_pause.is_none_or(|unpaused| unpaused <= due));
            }
        }
    }

    #[test]
    fn whoever_asks_later_is_never_answered_earlier(received in receipt(), gap in 1_i64..40) {
        let later = received.checked_add(gap.days()).unwrap();
        for (profile, right) in [("eu", Right::Access), ("us-ca-ccpa", Right::OptOut)] {
            let due = |received| ask(profile, right, received, 30, Some(0)).due;
            prop_assert!(due(received) <= due(later));
        }
    }

    #[test]
    fn a_european_deadline_is_a_working_day(received in receipt(), (asked, waited) in question()) {
        let book = LawBook::builtin().unwrap();
        let clock = ask("eu", Right::Access, received, asked, waited);
        for date in [clock.due, clock.max].into_iter().flatten() {
            prop_assert_eq!(book.calendar("DE").unwrap().day_off(date), Ok(None));
        }
    }
}
