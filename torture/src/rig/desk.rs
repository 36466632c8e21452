//! The officer: approves what is planned, releases what is ready, and lets parked steps run again.
//! Looks at the queue as often as a person with a finger on the reload button. Each look is also a
//! sample of what runs.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use anyhow::Context as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::json;
use tokio::task::JoinHandle;

use super::{
    PACE,
    http::{Call, hidden},
    installation::{AUDIENCE, Installation, KEY_ID},
    within,
};

/// A store that was away for a while is left alone for as long again before it is probed.
const SETTLING: Duration = Duration::from_secs(420);

/// An officer at work; goes home when dropped.
#[derive(Debug)]
pub struct Officer(JoinHandle<()>);

impl Drop for Officer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Officer {
    pub fn at(house: &Arc<Installation>) -> Officer {
        let house = Arc::clone(house);
        Officer(tokio::spawn(async move {
            let mut look = tokio::time::interval(PACE);
            look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut cookie = None;
            loop {
                look.tick().await;
                // Whatever fails under a fault is tried again at the next look.
                let _ = house.sample().await;
                let _ = house.decide().await;
                if let Ok(waiting) = house.waiting().await {
                    for (request, step) in waiting {
                        if house.run_again(&mut cookie, &request, &step).await.is_err() {
                            cookie = None;
                        }
                    }
                }
            }
        }))
    }
}

impl Installation {
    async fn sample(&self) -> anyhow::Result<()> {
        let sql = "select store_id, count(distinct call) from step where state = 'running' \
                   group by store_id";
        let rows = self.control.rows(sql).await?;
        self.note(|seen| {
            for row in rows {
                if let [Some(store), Some(count)] = row.as_slice() {
                    let most = seen.running.entry(store.clone()).or_default();
                    *most = (*most).max(count.parse().unwrap_or(u64::MAX));
                }
            }
        });
        Ok(())
    }

    fn token(&self) -> anyhow::Result<String> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(KEY_ID.to_owned());
        let claims =
            json!({ "sub": "olga", "aud": AUDIENCE, "exp": get_current_timestamp() + 600 });
        let key = EncodingKey::from_ed_pem(self.officer_key.as_bytes())?;
        Ok(encode(&header, &claims, &key)?)
    }

    /// Approves and releases everything that can be.
    async fn decide(&self) -> anyhow::Result<()> {
        let bearer = format!("Bearer {}", self.token()?);
        let signed = |call: Call| call.header("Authorization", bearer.as_str());
        let queue = self.ask(&signed(Call::get("/v1/requests"))).await?.json();
        for row in queue["requests"].as_array().into_iter().flatten() {
            let Some(reference) = row["reference"].as_str() else {
                continue;
            };
            let path = format!("/v1/requests/{reference}");
            match row["next"].as_str() {
                Some("approve") => {
                    let plan = self.ask(&signed(Call::get(format!("{path}/plan")))).await?;
                    let body = json!({ "plan_hash": plan.json()["hash"] });
                    self.ask(&signed(Call::json(format!("{path}/approve"), &body)))
                        .await?;
                }
                Some("release") => {
                    self.ask(&signed(Call::json(format!("{path}/release"), &json!({}))))
                        .await?;
                }
                Some(_) | None => {}
            }
        }
        Ok(())
    }

    /// Request and step of everything that waits for a person, or for its time while nobody has any.
    async fn waiting(&self) -> anyhow::Result<Vec<(String, String)>> {
        if !self.impatient.load(Ordering::SeqCst) {
            return Ok(Vec::new());
        }
        let sql = "select request_id, id from step where state in ('parked', 'delayed')";
        let rows = self.control.rows(sql).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| match <[_; 2]>::try_from(row) {
                Ok([Some(request), Some(step)]) => Some((request, step)),
                Ok(_) | Err(_) => None,
            })
            .collect())
    }

    /// By the console, where only a person with a session may.
    async fn run_again(
        &self,
        cookie: &mut Option<String>,
        request: &str,
        step: &str,
    ) -> anyhow::Result<()> {
        let session = match cookie {
            Some(session) => session.clone(),
            None => cookie.insert(self.sign_in().await?).clone(),
        };
        let page = format!("/console/requests/{request}");
        let shown = self
            .ask(&Call::get(&page).header("Cookie", &session))
            .await?;
        let csrf = hidden(&shown.text(), "csrf").context("the page has a form")?;
        let fields = [("csrf", csrf.as_str()), ("reason", "the fault is over")];
        let retry = Call::form(format!("{page}/steps/{step}/retry"), &fields);
        self.ask(&retry.header("Cookie", &session)).await?;
        Ok(())
    }

    async fn sign_in(&self) -> anyhow::Result<String> {
        let fields = [
            ("login", "olga"),
            ("password", self.officer_password.as_str()),
        ];
        let answer = self.ask(&Call::form("/console/sign-in", &fields)).await?;
        let cookie = answer
            .header("set-cookie")
            .context("signing in sets a cookie")?;
        Ok(cookie.split(';').next().unwrap_or(cookie).to_owned())
    }

    /// Starts what has ended, for as long as this is waited for.
    pub async fn supervise(&self) -> anyhow::Result<Infallible> {
        let mut look = tokio::time::interval(PACE);
        loop {
            look.tick().await;
            self.start_missing().await?;
        }
    }

    /// Every fault is over, every process runs, and officers do not wait: ends when every request
    /// that was made has ended, or when nobody can wait any longer. What is missing then is for the
    /// checks to say.
    pub async fn settle(&self, references: &[String]) -> anyhow::Result<()> {
        self.impatient.store(true, Ordering::SeqCst);
        let mut look = tokio::time::interval(PACE);
        let settled = async {
            loop {
                look.tick().await;
                self.start_missing().await?;
                let sql = "select reference from request where phase in \
                           ('closed', 'refused', 'withdrawn')";
                let ended: Vec<_> = self.control.rows(sql).await.unwrap_or_default();
                let ended: Vec<String> = ended.into_iter().flatten().flatten().collect();
                if references.iter().all(|reference| ended.contains(reference)) {
                    return anyhow::Ok(());
                }
            }
        };
        match within(SETTLING, "every request to end", settled).await {
            Ok(settled) => settled,
            Err(_) => Ok(()),
        }
    }
}
