//! Waiting for the person: which days stop the clock, and how far they carry a deadline. Where a
//! law does not pause, there are no gaps and nothing here has an effect.

use std::collections::VecDeque;

use jiff::{ToSpan, civil::Date};

use super::{Count, Event, LawError, Pause, Reason, days_left};

/// A question put to the person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange {
    pub asked: Date,
    pub answered: Option<Date>,
}

/// Days in a row that do not count.
#[derive(Debug, Clone)]
pub(super) struct Gap<'a> {
    pub pause: &'a Pause,
    pub asked: Date,
    pub first: Date,
    /// `None` while the answer is missing.
    pub last: Option<Date>,
}

/// Pairs questions with answers: the n-th answer belongs to the n-th question.
pub(super) fn exchanges(events: &[Event], reason: Reason) -> Result<Vec<Exchange>, LawError> {
    let (question, answer) = reason.events();
    let dates = |kind| {
        let mut dates: Vec<Date> = events
            .iter()
            .filter(|event| event.event == kind)
            .map(|event| event.on)
            .collect();
        dates.sort_unstable();
        dates
    };
    let mut answers = VecDeque::from(dates(answer));
    let mut found = Vec::new();
    for asked in dates(question) {
        let answered = answers.pop_front();
        if let Some(on) = answered.filter(|on| *on < asked) {
            let problem = "is before its question";
            return Err(LawError::Event {
                event: answer,
                on,
                problem,
            });
        }
        found.push(Exchange { asked, answered });
    }
    match answers.pop_front() {
        Some(on) => Err(LawError::Event {
            event: answer,
            on,
            problem: "answers no question",
        }),
        None => Ok(found),
    }
}

/// The days on which the exchange stops the clock under this rule. `None` when there are none.
pub(super) fn gap(pause: &Pause, exchange: Exchange) -> Result<Option<Gap<'_>>, LawError> {
    let first = match pause.count {
        Count::InclusiveBoth => exchange.asked,
        Count::AfterAsk => tomorrow(exchange.asked)?,
    };
    if exchange.answered.is_some_and(|last| last < first) {
        return Ok(None);
    }
    Ok(Some(Gap {
        pause,
        asked: exchange.asked,
        first,
        last: exchange.answered,
    }))
}

/// A period after its gaps.
#[derive(Debug)]
pub(super) struct Stretched {
    /// Days that did not count.
    pub days: i64,
    pub nominal: Date,
    pub end: Date,
    /// How many of the gaps, from the first, fell into the period.
    pub used: usize,
    /// Whether the last of them is still open, so that `nominal` and `end` mean nothing yet.
    pub open: bool,
}

/// Carries `base`, the end of a period from `start`, over the gaps, which are ordered by their
/// first day and may overlap: no day is left out twice. `rest` says where an end comes to rest. A
/// question put when the period has already ended does not revive it.
pub(super) fn stretch(
    start: Date,
    base: Date,
    gaps: &[Gap],
    rest: impl Fn(Date) -> Result<Date, LawError>,
) -> Result<Stretched, LawError> {
    let mut found = Stretched {
        days: 0,
        nominal: base,
        end: rest(base)?,
        used: 0,
        open: false,
    };
    // The start is not part of the period, and neither is any day before it.
    let mut settled = start;
    for gap in gaps {
        if gap.first > found.end {
            break;
        }
        found.used += 1;
        let Some(last) = gap.last else {
            found.open = true;
            break;
        };
        found.days += (days_left(last, gap.first.max(tomorrow(settled)?)) + 1).max(0);
        settled = settled.max(last);
        found.nominal = base
            .checked_add(found.days.days())
            .map_err(|_| LawError::BeyondTime)?;
        found.end = rest(found.nominal)?;
    }
    Ok(found)
}

fn tomorrow(date: Date) -> Result<Date, LawError> {
    date.tomorrow().map_err(|_| LawError::BeyondTime)
}
