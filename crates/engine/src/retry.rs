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
const FIRST_WAIT_SECONDS: i64 = 30;
const LONGEST_WAIT_HOURS: i64 = 6;

/// `jitter` is a number from 0 to 1: it spreads tries that failed together.
pub(crate) fn next(class: ErrorClass, attempts: i64, jitter: f64, now: Timestamp) -> Next {
    match class {
        ErrorClass::Transient | ErrorClass::InDoubt if attempts >= TRIES => Next::Park("exhausted"),
        ErrorClass::Transient | ErrorClass::InDoubt => Next::Later {
            at: now + backoff(attempts, jitter),
            spent: true,
        },
        ErrorClass::Throttled { retry_after } => Next::Throttle {
            until: now
                + retry_after
                    .and_then(|wait| SignedDuration::try_from(wait).ok())
                    .unwrap_or(SignedDuration::from_secs(FIRST_WAIT_SECONDS)),
        },
        ErrorClass::Capacity => Next::Later {
            at: now + SignedDuration::from_mins(5),
            spent: false,
        },
        ErrorClass::Auth => Next::Park("auth"),
        ErrorClass::Permanent => Next::Park("permanent"),
    }
}

/// 30 s, doubling to 6 h, half as long to one and a half times as long.
fn backoff(attempts: i64, jitter: f64) -> SignedDuration {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let seconds = (FIRST_WAIT_SECONDS << doublings).min(LONGEST_WAIT_HOURS * 3600);
    SignedDuration::from_secs(seconds).mul_f64(0.5 + jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(attempts: i64) -> i64 {
        let now = Timestamp::UNIX_EPOCH;
        match next(ErrorClass::Transient, attempts, 0.5, now) {
            Next::Later { at, spent: true } => at.as_second(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn waits_double_and_stay_below_six_hours() {
        assert_eq!([1, 2, 3].map(wait), [30, 60, 120]);
        assert_eq!(wait(11), 6 * 3600);
    }

    #[test]
    fn a_step_is_parked_and_not_dropped_when_its_tries_are_used_up() {
        let after = |class| next(class, TRIES, 0.0, Timestamp::UNIX_EPOCH);
        assert_eq!(after(ErrorClass::Transient), Next::Park("exhausted"));
        assert_eq!(after(ErrorClass::InDoubt), Next::Park("exhausted"));
    }

    #[test]
    fn what_a_person_must_mend_is_parked_at_once() {
        let first = |class| next(class, 1, 0.0, Timestamp::UNIX_EPOCH);
        assert_eq!(first(ErrorClass::Auth), Next::Park("auth"));
        assert_eq!(first(ErrorClass::Permanent), Next::Park("permanent"));
    }

    #[test]
    fn a_store_that_asks_for_patience_gets_it() {
        let retry_after = Some(std::time::Duration::from_secs(90));
        let asked = next(
            ErrorClass::Throttled { retry_after },
            1,
            0.0,
            Timestamp::UNIX_EPOCH,
        );
        let until = Timestamp::from_second(90).unwrap();
        assert_eq!(asked, Next::Throttle { until });
    }
}
