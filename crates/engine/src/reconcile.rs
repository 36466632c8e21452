//! Looks at the clocks: whoever may become late is named to the officers before it happens. A
//! deadline never stops the work.

use habeas_domain::{RequestId, law};
use habeas_mail::{Due, DueSoon, Letter};
use habeas_storage::{requests, schedule};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{Engine, UseCaseError, flow};

/// How often the deadlines are looked at.
const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// Days before the due date on which officers are first warned.
const FIRST_WARNING_DAYS: i64 = 5;

/// The slot of the warning that a store will not be done in time.
const AT_RISK: &str = "due_soon-at_risk";

/// The warning that a request has earned by now; each is sent once.
fn warning(days_left: i64) -> Option<&'static str> {
    match days_left {
        ..0 => Some("due_soon-overdue"),
        0..=1 => Some("due_soon-last_day"),
        2..=FIRST_WARNING_DAYS => Some("due_soon-first"),
        _ => None,
    }
}

impl Engine {
    /// Warns about every open request that is near its due date or past it; gives back how many
    /// new warnings there were.
    pub async fn watch_deadlines(&self) -> Result<usize, UseCaseError> {
        let (now, engine) = (self.now(), self.clone());
        let horizon = now + SignedDuration::from_hours(24 * (FIRST_WARNING_DAYS + 1));
        let near = self
            .read(move |tx| Ok(requests::due_before(tx, horizon)?))
            .await?;
        let mut count = 0;
        for request in near {
            let engine = engine.clone();
            let days_left = law::days_left(request.due_on, self.date_of(now));
            if let Some(slot) = warning(days_left) {
                let warned = self
                    .write(move |tx| engine.warn_once(tx, request.id, slot, now))
                    .await?;
                count += usize::from(warned);
            }
        }
        Ok(count)
    }

    /// Warns about every request that will be late as things stand, before it is; gives back how
    /// many new warnings there were.
    pub async fn watch_outlook(&self) -> Result<usize, UseCaseError> {
        let now = self.now();
        let mut count = 0;
        for outlook in self.outlook().await? {
            if !outlook.at_risk.is_empty() {
                let (store, requests) = (outlook.store.as_str(), outlook.at_risk.len());
                warn!(
                    store,
                    requests, "requests will be late at {store} as things stand"
                );
            }
            for id in outlook.at_risk {
                let engine = self.clone();
                let warned = self
                    .write(move |tx| engine.warn_once(tx, id, AT_RISK, now))
                    .await?;
                count += usize::from(warned);
            }
        }
        Ok(count)
    }

    fn warn_once(
        &self,
        tx: &mut habeas_storage::Tx<'_>,
        id: RequestId,
        slot: &'static str,
        now: Timestamp,
    ) -> Result<bool, UseCaseError> {
        let request = requests::lock(tx, id)?;
        if request.phase.is_final() {
            return Ok(false);
        }
        let days_left = law::days_left(request.due_on, self.date_of(now));
        let warned = habeas_storage::steps::of_request(tx, request.id)?
            .iter()
            .any(|step| step.slot == slot);
        if warned {
            return Ok(false);
        }
        let key = self.key(request.id)?;
        // Without an address the warning is still recorded: the console shows the days left.
        if let Some(to) = &self.0.rules.officers_mail {
            let letter = Letter::DueSoon(DueSoon {
                requests: vec![Due {
                    reference: request.reference.clone(),
                    right: request.right,
                    due: request.due_on,
                    days_left,
                }],
            });
            self.queue_letter(tx, &key, &request, slot, to, letter)?;
        } else if habeas_storage::audit::of_request(tx, request.id)?
            .iter()
            .any(|fact| fact.event == "deadline.warned" && fact.detail.ends_with(slot))
        {
            return Ok(false);
        }
        let when = law::days_left_in_words(request.due_on, self.date_of(now));
        let detail = format!("due {}: {when}; {slot}", request.due_on);
        flow::fact(tx, &request, "engine", "deadline.warned", detail, now)?;
        Ok(true)
    }

    /// Looks at the deadlines every ten minutes and at the stores every hour until told to stop.
    pub async fn keep_watch(&self, stop: CancellationToken) {
        tokio::join!(
            self.keep_watch_on_deadlines(&stop),
            self.keep_watch_on_stores(&stop)
        );
    }

    /// One worker of all looks, every ten minutes.
    async fn keep_watch_on_deadlines(&self, stop: &CancellationToken) {
        let mut every = tokio::time::interval(std::time::Duration::from_secs(60));
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = every.tick() => {}
            }
            let engine = self.clone();
            let turn = self.write(move |tx| {
                let now = engine.shared_now(tx)?;
                Ok(schedule::take(tx, "deadlines", LOOK_EVERY, now)?)
            });
            match turn.await {
                Ok(true) => self.look_ahead().await,
                Ok(false) => {}
                Err(error) => warn!(error = %error, "the timer of the deadlines could not be read"),
            }
        }
    }

    async fn look_ahead(&self) {
        if let Err(error) = self.watch_deadlines().await {
            warn!(error = %error, "the deadlines could not be looked at");
        }
        if let Err(error) = self.watch_outlook().await {
            warn!(error = %error, "the outlook could not be made");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_comes_before_the_due_date_and_rises_as_it_nears() {
        assert_eq!(warning(6), None);
        assert_eq!(warning(5), Some("due_soon-first"));
        assert_eq!(warning(1), Some("due_soon-last_day"));
        assert_eq!(warning(0), Some("due_soon-last_day"));
        assert_eq!(warning(-1), Some("due_soon-overdue"));
    }
}
