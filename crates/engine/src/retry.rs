//! What happens after a failed attempt: a pure decision.

use habeas_connector::ErrorClass;
use jiff::{SignedDuration, Timestamp};

/// What to do with a step whose attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again then; `spent` tells whether this try counts.
    Later { at: Timestamp, spent: bool },
    /// The whole store asked for patience.
    Throttle { until: Timestamp },
    /// A person has to look; the word says why.
    Park(&'static str),
}

/// Tries before a person is asked. The step is parked then, never thrown away.
const TRIES: i64 = 12;
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);
/// Tries that have to fit in before the step is due.
const TRIES_BEFORE_DUE: i32 = 8;
/// Past its due date a step is tried at least this often.
const LONGEST_WAIT_PAST_DUE: SignedDuration = SignedDuration::from_hours(1);

/// `jitter` is a number from 0 to 1: it spreads tries that failed together.
pub(crate) fn next(
    class: ErrorClass,
    attempts: i64,
    jitter: f64,
    due: Timestamp,
    now: Timestamp,
) -> Next {
    let later = |spent| Next::Later {
        at: now + backoff(attempts, jitter, due.duration_since(now)),
        spent,
    };
    match class {
        ErrorClass::Transient | ErrorClass::InDoubt if attempts >= TRIES => Next::Park("exhausted"),
        ErrorClass::Transient | ErrorClass::InDoubt => later(true),
        // The store refuses everybody: its breaker rests, and no try is spent on that.
        ErrorClass::Auth => later(false),
        ErrorClass::Throttled { retry_after } => Next::Throttle {
            until: now
                + retry_after
                    .and_then(|wait| SignedDuration::try_from(wait).ok())
                    .unwrap_or(FIRST_WAIT),
        },
        ErrorClass::Capacity => Next::Later {
            at: now + SignedDuration::from_mins(5),
            spent: false,
        },
        ErrorClass::Permanent => Next::Park("permanent"),
    }
}

/// 30 s, doubling to 6 h, but never so long that eight tries do not fit before the step is due,
/// and at most an hour when it is overdue; half as long to one and a half times as long.
fn backoff(attempts: i64, jitter: f64, left: SignedDuration) -> SignedDuration {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let wait = FIRST_WAIT * 2_i32.saturating_pow(doublings);
    let most = if left.is_positive() {
        (left / TRIES_BEFORE_DUE).clamp(FIRST_WAIT, LONGEST_WAIT)
    } else {
        LONGEST_WAIT_PAST_DUE
    };
    wait.min(most).mul_f64(0.5 + jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn due(hours: i64) -> Timestamp {
        NOW + SignedDuration::from_hours(hours)
    }

    fn wait_before(due: Timestamp, attempts: i64) -> i64 {
        match next(ErrorClass::Transient, attempts, 0.5, due, NOW) {
            Next::Later { at, spent: true } => at.as_second(),
            other => panic!("{other:?}"),
        }
    }

    fn wait(attempts: i64) -> i64 {
        wait_before(due(24 * 30), attempts)
    }

    #[test]
    fn enough_tries_fit_in_before_a_step_is_due() {
        assert_eq!(wait_before(due(8), 11), 3600);
        assert_eq!(wait_before(due(1), 11), 450);
        assert_eq!(
            wait_before(due(1), 1),
            30,
            "an early try waits no longer for that"
        );
        assert_eq!(
            wait_before(NOW, 11),
            3600,
            "an overdue step is tried every hour"
        );
    }

    #[test]
    fn waits_double_and_stay_below_six_hours() {
        assert_eq!([1, 2, 3].map(wait), [30, 60, 120]);
        assert_eq!(wait(11), 6 * 3600);
    }

    #[test]
    fn a_step_is_parked_and_not_dropped_when_its_tries_are_used_up() {
        let after = |class| next(class, TRIES, 0.0, due(1), NOW);
        assert_eq!(after(ErrorClass::Transient), Next::Park("exhausted"));
        assert_eq!(after(ErrorClass::InDoubt), Next::Park("exhausted"));
    }

    #[test]
    fn what_a_person_must_mend_is_parked_at_once() {
        let first = |class| next(class, 1, 0.0, due(1), NOW);
        assert_eq!(first(ErrorClass::Permanent), Next::Park("permanent"));
    }

    #[test]
    fn a_store_that_asks_for_patience_gets_it() {
        let retry_after = Some(std::time::Duration::from_secs(90));
        let asked = next(ErrorClass::Throttled { retry_after }, 1, 0.0, due(1), NOW);
        let until = Timestamp::from_second(90).unwrap();
        assert_eq!(asked, Next::Throttle { until });
    }
}
