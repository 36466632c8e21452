//! When a store is left alone because it keeps failing: a pure decision.

use std::str::FromStr;

use crate::{DbError, DbResult};

/// Whether calls go to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Breaker {
    /// They do.
    Closed,
    /// None does until an instant.
    Open,
    /// One does, to see whether the store is back.
    Probing,
}

impl Breaker {
    pub fn as_str(self) -> &'static str {
        match self {
            Breaker::Closed => "closed",
            Breaker::Open => "open",
            Breaker::Probing => "probing",
        }
    }
}

impl FromStr for Breaker {
    type Err = DbError;
    fn from_str(text: &str) -> DbResult<Self> {
        [Breaker::Closed, Breaker::Open, Breaker::Probing]
            .into_iter()
            .find(|breaker| breaker.as_str() == text)
            .ok_or(DbError::Corrupt {
                column: "store_gate.breaker",
            })
    }
}

/// How a call to a store went wrong, as far as the store itself is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It did not answer, or answered with a fault of its own.
    Failed,
    /// It refuses us: every other call would be refused too.
    Refused,
}

/// Failures in a row that open the breaker.
const FAILS: i64 = 5;
const FIRST_REST_SECONDS: i64 = 30;
const LONGEST_REST_SECONDS: i64 = 30 * 60;

/// A breaker and its memory: failures in a row, and how long it rests (in seconds) when open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    pub breaker: Breaker,
    pub fails: i64,
    pub rest: i64,
}

impl Memory {
    pub(super) const CLOSED: Memory = Memory {
        breaker: Breaker::Closed,
        fails: 0,
        rest: 0,
    };

    /// After a call that failed. A breaker that opens begins a rest of `rest` seconds; calls that
    /// were under way when it opened do not prolong it.
    pub(super) fn after(self, trouble: Trouble) -> Memory {
        let fails = self.fails + 1;
        let opens = match (self.breaker, trouble) {
            (Breaker::Open, _) => false,
            (Breaker::Probing, _) | (Breaker::Closed, Trouble::Refused) => true,
            (Breaker::Closed, Trouble::Failed) => fails >= FAILS,
        };
        if !opens {
            return Memory { fails, ..self };
        }
        Memory {
            breaker: Breaker::Open,
            fails,
            rest: (self.rest * 2).clamp(FIRST_REST_SECONDS, LONGEST_REST_SECONDS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(calls: usize, trouble: Trouble) -> Memory {
        (0..calls).fold(Memory::CLOSED, |memory, _| memory.after(trouble))
    }

    #[test]
    fn it_opens_at_the_fifth_failure_in_a_row_and_not_before() {
        assert_eq!(failing(4, Trouble::Failed).breaker, Breaker::Closed);
        let fifth = failing(5, Trouble::Failed);
        assert_eq!((fifth.breaker, fifth.rest), (Breaker::Open, 30));
    }

    #[test]
    fn a_store_that_refuses_us_is_left_alone_at_once() {
        assert_eq!(failing(1, Trouble::Refused).breaker, Breaker::Open);
    }

    #[test]
    fn a_probe_that_fails_doubles_the_rest_up_to_half_an_hour() {
        let mut memory = failing(5, Trouble::Failed);
        let mut rests = Vec::new();
        for _ in 0..8 {
            memory.breaker = Breaker::Probing;
            memory = memory.after(Trouble::Failed);
            rests.push(memory.rest);
        }
        assert_eq!(rests, [60, 120, 240, 480, 960, 1800, 1800, 1800]);
    }

    #[test]
    fn calls_that_were_under_way_do_not_prolong_a_rest() {
        let open = failing(5, Trouble::Failed);
        let later = open.after(Trouble::Failed);
        assert_eq!((later.breaker, later.rest), (open.breaker, open.rest));
    }
}
