//! The steps from facts to dates, each of which also says in a sentence what it did.

use jiff::{ToSpan, civil::Date};

use super::{
    Calendar, Clock, Event, EventKind, Facts, LawError, Pause, Period, Profile, Reason, Review,
    Rule, Start, days_left, in_words, pause, zone,
};

/// Fills in a clock that knows its law and its day of receipt.
pub(super) fn reckon(
    profile: &Profile,
    rule: &Rule,
    calendar: &Calendar,
    facts: &Facts,
    clock: Clock,
) -> Result<Clock, LawError> {
    let mut reckoning = Reckoning {
        profile,
        rule,
        calendar,
        facts,
        clock,
    };
    reckoning.receive();
    reckoning.acknowledge()?;
    reckoning.answer()?;
    reckoning.act()?;
    Ok(reckoning.clock)
}

struct Reckoning<'a> {
    profile: &'a Profile,
    rule: &'a Rule,
    calendar: &'a Calendar,
    facts: &'a Facts,
    clock: Clock,
}

impl<'a> Reckoning<'a> {
    fn receive(&mut self) {
        let received = in_words(self.clock.d0);
        self.say(format!("Received on {received} ({}).", self.clock.timezone));
        self.say(format!(
            "{}, version of {}: {} ({}).",
            self.profile.title,
            in_words(self.profile.valid_from),
            self.rule.title,
            self.rule.citation
        ));
        if let Review::Unverified = self.rule.review {
            self.say("These rules are not yet compared with the text now in force.");
        }
    }

    fn acknowledge(&mut self) -> Result<(), LawError> {
        let Some(period) = &self.rule.ack else {
            return Ok(());
        };
        let d0 = self.clock.d0;
        let ack = period.rest(period.end(d0, self.calendar)?, self.calendar)?;
        self.clock.ack = Some(ack);
        self.clock.ack_outer = self.outer(period, 0, d0)?;
        self.say(format!(
            "Acknowledge by {}: {period} from receipt ({}).",
            in_words(ack),
            period.source
        ));
        Ok(())
    }

    fn answer(&mut self) -> Result<(), LawError> {
        let Some(start) = self.start()? else {
            return Ok(());
        };
        self.clock.start = Some(start);
        let Some(period) = &self.rule.respond else {
            self.say("The law sets no period to answer: answer without undue delay.");
            return Ok(());
        };
        let gaps = self.gaps()?;
        let calendar = self.calendar;
        let base = period.end(start, calendar)?;
        self.say(format!(
            "{period} from {} end{} on {} ({}).",
            in_words(start),
            if period.n == 1 { "s" } else { "" },
            in_words(base),
            period.source
        ));
        let stretched = pause::stretch(start, base, &gaps, |end| period.rest(end, calendar))?;
        let (used, late) = gaps.split_at(stretched.used);
        self.tell_waiting(used, late);
        self.clock.pause_days = stretched.days;
        if !used.is_empty() {
            self.clock.due_without_pause = Some(period.rest(base, calendar)?);
        }
        if stretched.open {
            let gap = used.last().expect("an open gap was used");
            self.clock.paused_since = Some(gap.asked);
            self.clock.waiting_for = Some(gap.pause.reason);
            return Ok(());
        }
        if stretched.days > 0 {
            self.say(format!(
                "Not counting {}, the period ends on {}.",
                days(stretched.days),
                in_words(stretched.nominal)
            ));
        }
        let due = stretched.end;
        self.clock.nominal = Some(stretched.nominal);
        self.clock.due = Some(due);
        self.clock.due_at = Some(zone::last_second(due, &self.clock.timezone)?);
        if due != stretched.nominal
            && let Some(day_off) = calendar.day_off(stretched.nominal)?
        {
            self.say(format!(
                "{} is {day_off}: the end moves to {}.",
                in_words(stretched.nominal),
                in_words(due)
            ));
        }
        let buffer = i64::from(self.profile.plan_buffer_days);
        let plan = due.saturating_sub(buffer.days()).max(start);
        self.clock.plan = Some(plan);
        self.say(format!(
            "Answer by {}; aim for {}.",
            in_words(due),
            in_words(plan)
        ));
        self.clock.outer = self.outer(period, stretched.days, start)?;
        if let Some(outer) = self.clock.outer.filter(|outer| *outer != due) {
            self.say(format!(
                "{} could be argued for; it is never planned on.",
                in_words(outer)
            ));
        }
        self.extend(period, start, due, &gaps)
    }

    fn tell_waiting(&mut self, used: &[pause::Gap], late: &[pause::Gap]) {
        for gap in used {
            if let Review::Unverified = gap.pause.review {
                self.clock.review = Review::Unverified;
            }
            let Pause { reason, source, .. } = gap.pause;
            match gap.last {
                Some(last) => self.say(format!(
                    "Waiting for {reason} from {} to {} does not count ({source}).",
                    in_words(gap.first),
                    in_words(last)
                )),
                None => self.say(format!(
                    "Waiting for {reason} since {}: the clock stands ({source}).",
                    in_words(gap.asked)
                )),
            }
        }
        for gap in late {
            self.say(format!(
                "When {} was asked for on {}, the period had ended: it moves nothing.",
                gap.pause.reason,
                in_words(gap.asked)
            ));
        }
    }

    /// The whole longer period once from the start: adding to an end that was clamped or moved
    /// would give another date.
    fn extend(
        &mut self,
        period: &Period,
        start: Date,
        due: Date,
        gaps: &[pause::Gap],
    ) -> Result<(), LawError> {
        let Some(whole) = period.extended() else {
            return Ok(());
        };
        self.clock.notice_by = Some(due);
        let calendar = self.calendar;
        let base = whole.end(start, calendar);
        let stretched = base
            .and_then(|base| pause::stretch(start, base, gaps, |end| whole.rest(end, calendar)));
        let Some(stretched) = self.covered(stretched)? else {
            return Ok(());
        };
        if stretched.open {
            self.say("While an answer is missing, the end with an extension is not known.");
            return Ok(());
        }
        self.clock.max_nominal = Some(stretched.nominal);
        self.clock.max = Some(stretched.end);
        self.say(format!(
            "With an extension announced by {}: {whole} from the same start, by {}.",
            in_words(due),
            in_words(stretched.end)
        ));
        Ok(())
    }

    /// What is not about answering: own systems, asking again, backups.
    fn act(&mut self) -> Result<(), LawError> {
        let d0 = self.clock.d0;
        if let Some(source) = &self.rule.at_once {
            self.clock.effective = Some(d0);
            let day = in_words(d0);
            self.say(format!("Our own systems act on {day} ({source})."));
        }
        if let Some(period) = &self.rule.no_reask {
            let first = period.first_day_after(d0, self.calendar)?;
            self.clock.reask_from = Some(first);
            self.say(format!(
                "Consent may be asked for again from {}: {period} ({}).",
                in_words(first),
                period.source
            ));
        }
        let verified = |event: &&Event| event.event == EventKind::Verified;
        if let Some(period) = &self.rule.backups
            && let Some(event) = self.facts.events.iter().find(verified)
        {
            let end = period.end(event.on, self.calendar)?;
            let by = period.rest(end, self.calendar)?;
            self.clock.backups_by = Some(by);
            self.say(format!(
                "Archives and backups by {}: {period} from verification ({}).",
                in_words(by),
                period.source
            ));
        }
        Ok(())
    }

    /// The day from which the period runs, or `None` while something it depends on is missing.
    fn start(&mut self) -> Result<Option<Date>, LawError> {
        let d0 = self.clock.d0;
        let reasons = match &self.rule.start {
            Start::Receipt => return Ok(Some(d0)),
            Start::LatestOf(reasons) => reasons,
        };
        let mut start = d0;
        for reason in reasons {
            for exchange in pause::exchanges(&self.facts.events, *reason)? {
                let Some(answered) = exchange.answered else {
                    self.clock.paused_since = Some(exchange.asked);
                    self.clock.waiting_for = Some(*reason);
                    self.say(format!(
                        "Waiting for {reason} since {}: the period has not started.",
                        in_words(exchange.asked)
                    ));
                    return Ok(None);
                };
                start = start.max(answered);
            }
        }
        if start != d0 {
            self.say(format!(
                "The period runs from {}, when the last thing asked for arrived.",
                in_words(start)
            ));
        }
        Ok(Some(start))
    }

    /// The days that stop this clock, ordered by their first.
    fn gaps(&mut self) -> Result<Vec<pause::Gap<'a>>, LawError> {
        let mut gaps = Vec::new();
        for reason in Reason::ALL {
            // Also where nothing pauses: an answer without a question is wrong under every law.
            let exchanges = pause::exchanges(&self.facts.events, reason)?;
            let rule: &'a Rule = self.rule;
            let rule = rule.pauses.iter().find(|pause| pause.reason == reason);
            for exchange in exchanges {
                match rule {
                    None => self.say_unmoved(reason),
                    Some(rule) if self.asked_late(rule, exchange.asked) => self.say(format!(
                        "On {} it was too late to ask for {reason} and stop the clock ({}).",
                        in_words(exchange.asked),
                        rule.source
                    )),
                    Some(rule) => gaps.extend(pause::gap(rule, exchange)?),
                }
            }
        }
        gaps.sort_by_key(|gap| gap.first);
        Ok(gaps)
    }

    fn say_unmoved(&mut self, reason: Reason) {
        let starts = match &self.rule.start {
            Start::Receipt => false,
            Start::LatestOf(reasons) => reasons.contains(&reason),
        };
        if !starts {
            self.say(format!("Waiting for {reason} does not stop this clock."));
        }
    }

    fn asked_late(&self, rule: &Pause, asked: Date) -> bool {
        rule.ask_within_days
            .is_some_and(|n| days_left(asked, self.clock.d0) > i64::from(n))
    }

    /// The latest date that one could argue for: the first day not counted, a day off moved.
    fn outer(
        &mut self,
        period: &Period,
        pause_days: i64,
        start: Date,
    ) -> Result<Option<Date>, LawError> {
        let end = period
            .end_at_latest(start, self.calendar)
            .map(|end| end.saturating_add(pause_days.days()))
            .and_then(|end| self.calendar.next_working_day(end));
        self.covered(end)
    }

    /// Lets a date that nothing is scheduled on be absent where the calendar ends.
    fn covered<T>(&mut self, found: Result<T, LawError>) -> Result<Option<T>, LawError> {
        match found {
            Ok(value) => Ok(Some(value)),
            Err(error @ LawError::OutsideCalendar { .. }) => {
                self.say(format!("A later date is left out: {error}."));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn say(&mut self, sentence: impl Into<String>) {
        self.clock.derivation.push(sentence.into());
    }
}

fn days(n: i64) -> String {
    if n == 1 {
        "1 day".to_owned()
    } else {
        format!("{n} days")
    }
}
