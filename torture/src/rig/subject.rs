//! The swarm: people who ask, prove who they are, and fetch what they are given. They do not give
//! up: who is turned away or hears nothing asks again, with the same idempotency key.

use std::io;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::{
    PACE, PATIENCE,
    http::{self, Answer, Call, hidden},
    installation::{Acknowledged, Installation},
    within,
};
use crate::check::{Found, Invariant};
use habeas_tests::Shop;

/// By which way a request comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Api,
    Form,
}

/// A request that a person is about to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    pub person: u32,
    /// `access`, `erasure` or `opt_out`.
    pub right: &'static str,
    pub door: Door,
}

impl Wish {
    /// Where the person asks from: each has a network of their own.
    fn from(self, call: Call) -> Call {
        let (high, low) = (self.person / 250, self.person % 250 + 1);
        call.header("X-Forwarded-For", format!("10.0.{high}.{low}"))
    }

    fn law(self) -> &'static str {
        if self.right == "opt_out" {
            "us-ca-ccpa"
        } else {
            "eu"
        }
    }

    /// The call of the JSON interface that makes this request.
    pub fn call(self, key: &str) -> Call {
        let body = json!({
            "right": self.right,
            "law": self.law(),
            "identifiers": [{ "kind": "email", "value": Shop::email(self.person) }],
            "name": format!("Person {}", self.person),
        });
        self.from(Call::json("/v1/requests", &body).header("Idempotency-Key", key))
    }
}

impl Installation {
    /// One call, one answer or none. What a person sees when something fails is kept.
    pub async fn ask(&self, call: &Call) -> io::Result<Answer> {
        let answer = http::ask(&self.host, call).await?;
        if answer.status >= 400 {
            self.note(|seen| seen.problems.extend_from_slice(&answer.body));
        }
        // 408 says that the call did not arrive, and ours always do.
        if answer.status == 408 || answer.status >= 500 && answer.status != 503 {
            self.note(|seen| {
                seen.found.push(Found::new(
                    Invariant::Answers,
                    "503 whenever Habeas cannot answer",
                    format!("{} for a call that is sound", answer.status),
                ));
            });
        }
        Ok(answer)
    }

    /// Asks until there is an answer that is not "later"; tells whether an answer was lost before.
    async fn insist(&self, what: &str, call: &Call) -> anyhow::Result<(Answer, bool)> {
        let mut again = tokio::time::interval(PACE);
        let mut lost = false;
        let answered = async {
            loop {
                again.tick().await;
                match self.ask(call).await {
                    Ok(answer) if ![408, 429].contains(&answer.status) && answer.status < 500 => {
                        break answer;
                    }
                    Ok(_) | Err(_) => lost = true,
                }
            }
        };
        let answer = within(PATIENCE, what, answered).await?;
        Ok((answer, lost))
    }

    /// Makes a request; the reference that was acknowledged.
    pub async fn submit(&self, wish: Wish) -> anyhow::Result<String> {
        match wish.door {
            Door::Api => {
                self.submit_as(wish, &format!("api-{}-{}", wish.person, wish.right))
                    .await
            }
            Door::Form => self.submit_form(wish).await,
        }
    }

    /// Through the JSON interface, with a key of the caller's choice.
    pub async fn submit_as(&self, wish: Wish, key: &str) -> anyhow::Result<String> {
        self.note(|seen| seen.keys.insert(key.to_owned()));
        let (answer, _) = self
            .insist("a request to be taken", &wish.call(key))
            .await?;
        let reference = answer.json()["reference"].as_str().map(str::to_owned);
        if answer.status != 202 {
            bail!(
                "a sound request was answered {}: {}",
                answer.status,
                answer.text()
            );
        }
        let reference = reference.context("a 202 names the reference")?;
        self.acknowledge(wish, key, &reference);
        Ok(reference)
    }

    fn acknowledge(&self, wish: Wish, key: &str, reference: &str) {
        self.note(|seen| {
            seen.acknowledged.push(Acknowledged {
                key: key.to_owned(),
                reference: reference.to_owned(),
                person: wish.person,
                right: wish.right,
            });
        });
    }

    /// Page by page; the nonce in the form is the idempotency key.
    async fn submit_form(&self, wish: Wish) -> anyhow::Result<String> {
        let page = format!("/ask/details?right={}&law={}", wish.right, wish.law());
        let (details, _) = self.insist("the form", &wish.from(Call::get(page))).await?;
        let draft = hidden(&details.text(), "draft").context("the form holds a draft")?;
        let (email, name) = (Shop::email(wish.person), format!("Person {}", wish.person));
        let fields = [
            ("draft", draft.as_str()),
            ("law", wish.law()),
            ("email", &email),
            ("name", &name),
        ];
        let check = wish.from(Call::form("/ask/check", &fields));
        let (check, _) = self.insist("the answers to be checked", &check).await?;
        let draft = hidden(&check.text(), "draft").context("the form holds a draft")?;
        let key = format!("form-{}-{}", wish.person, wish.right);
        self.note(|seen| seen.keys.insert(key.clone()));
        let send = wish.from(Call::form("/requests", &[("draft", &draft)]));
        let (sent, _) = self.insist("a form to be taken", &send).await?;
        let next = sent.header("location").unwrap_or_default();
        let reference = next.split('/').nth(2).filter(|_| sent.status == 303);
        let reference =
            reference.with_context(|| format!("a form was answered {}", sent.status))?;
        self.acknowledge(wish, &key, reference);
        Ok(reference.to_owned())
    }

    /// Waits for the code and types it.
    pub async fn prove(&self, reference: &str) -> anyhow::Result<()> {
        let code = self.post.find(|letters| {
            let mut mine = letters.iter().filter(|letter| letter.is_about(reference));
            mine.find_map(|letter| letter.code())
        });
        let code = within(PATIENCE, "a code to arrive", code).await?;
        let call = Call::json(
            format!("/v1/requests/{reference}/code"),
            &json!({ "code": code }),
        );
        let (answer, lost) = self.insist("a code to be taken", &call).await?;
        if answer.status == 200 {
            return Ok(());
        }
        // A code counts once: the answer to an earlier try was lost, and the code was taken then.
        let phase = self.phase(reference).await?;
        if !lost || phase.as_deref() == Some("received") {
            bail!("the right code was answered {}", answer.status);
        }
        Ok(())
    }

    pub async fn phase(&self, reference: &str) -> anyhow::Result<Option<String>> {
        let sql = format!("select phase from request where reference = '{reference}'");
        self.control.value(&sql).await
    }

    /// Waits for a request to be in this phase.
    pub async fn reaches(&self, reference: &str, phase: &str) -> anyhow::Result<()> {
        let mut look = tokio::time::interval(PACE);
        let reached = async {
            while self.phase(reference).await.ok().flatten().as_deref() != Some(phase) {
                look.tick().await;
            }
        };
        within(PATIENCE, phase, reached).await
    }

    /// Asks, and proves the address where that is needed.
    pub async fn make(&self, wish: Wish) -> anyhow::Result<String> {
        let reference = self.submit(wish).await?;
        if wish.right != "opt_out" {
            self.prove(&reference).await?;
        }
        Ok(reference)
    }

    /// Fetches the answer as a person does: the link of the letter, a fresh code, the file.
    pub async fn fetch(&self, reference: &str) -> anyhow::Result<Vec<u8>> {
        let link = self.post.find(|letters| {
            let mut mine = letters
                .iter()
                .rev()
                .filter(|letter| letter.is_about(reference));
            mine.find_map(|letter| letter.link())
        });
        let link = within(PATIENCE, "a letter with a link", link).await?;
        let codes = |letters: &[super::post::Letter]| -> Vec<String> {
            let mine = letters.iter().filter(|letter| letter.is_about(reference));
            mine.filter_map(|letter| letter.code()).collect()
        };
        let before = codes(&self.post.letters()).len();
        let ask = Call::form(format!("{link}/download/code"), &[]);
        let (asked, _) = self.insist("a code for the download", &ask).await?;
        anyhow::ensure!(asked.status == 303, "no code is sent: {}", asked.status);
        let code = self
            .post
            .find(|letters| codes(letters).get(before).cloned());
        let code = within(PATIENCE, "the download's code to arrive", code).await?;
        let get = Call::form(format!("{link}/download"), &[("code", &code)]);
        let (file, _) = self.insist("the answer to be fetched", &get).await?;
        anyhow::ensure!(
            file.status == 200,
            "the answer is not there: {}",
            file.status
        );
        Ok(file.body)
    }
}
