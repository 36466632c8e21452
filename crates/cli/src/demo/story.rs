//! One story: a person asks, an officer decides, the worker works, the person gets the answer and
//! checks it.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use habeas_domain::{RequestId, Right, right::Lane};
use habeas_engine::{Actor, Engine, Officer, Reference};
use tokio::task::spawn_blocking;

use super::{
    browser::{Browser, hidden},
    data::Subject,
    mailbox::Mailbox,
    told::Story,
};
use crate::output::Output;

/// Where stories are played.
pub struct Stage<'a> {
    pub out: &'a Output,
    pub engine: &'a Engine,
    pub officer: Officer,
    /// Of the portal, without a slash at the end.
    pub address: &'a str,
    pub letters: PathBuf,
    pub answers: PathBuf,
}

const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(25);

impl Stage<'_> {
    pub async fn play(
        &self,
        what: &str,
        right: Right,
        law: &str,
        who: &Subject,
    ) -> anyhow::Result<Story> {
        let title = format!("{} {what}", who.name);
        self.out.progress(&title);
        self.act(title.clone(), right, law, who)
            .await
            .with_context(|| format!("the story of '{right}' broke off"))
    }

    async fn act(
        &self,
        title: String,
        right: Right,
        law: &str,
        who: &Subject,
    ) -> anyhow::Result<Story> {
        let browser = Browser::new(self.address);
        let reference = self.ask(&browser, right, law, who).await?;
        let id = self.engine.find(&reference).await?;
        let mut mail = Mailbox::new(self.letters.clone(), reference.as_str(), self.address);
        self.out.progress(&format!(
            "{reference}: the request is on record and acknowledged"
        ));
        let status = mail.link().await?;
        browser.get(&status).await?.body("the status page")?;
        if right.lane() == Lane::Verified {
            let code = mail.code().await?;
            let path = format!("/r/{reference}/code");
            browser
                .post(&path, &[("code", &code)])
                .await?
                .next("sending the code back")?;
            self.out.progress(&format!(
                "{reference}: the address is proved; the stores are searched"
            ));
            self.decide(&reference, id).await?;
        }
        let artifact = self.fetch(&browser, &mut mail, &reference).await?;
        self.until(id, "closed").await?;
        let key = self.engine.verifier_key();
        let file = artifact.clone();
        let report = spawn_blocking(move || -> std::io::Result<_> {
            Ok(habeas_proof::verify(
                BufReader::new(File::open(file)?),
                Some(&key),
            ))
        })
        .await??;
        let row = self.engine.request(id).await?.row;
        Ok(Story::new(title, &row, artifact, &report))
    }

    /// Through the portal, page by page.
    async fn ask(
        &self,
        browser: &Browser,
        right: Right,
        law: &str,
        who: &Subject,
    ) -> anyhow::Result<Reference> {
        let path = format!("/ask/details?right={right}&law={law}");
        let details = browser.get(&path).await?.text("the form")?;
        let draft = hidden(&details, "draft")?;
        let fields = [
            ("draft", draft),
            ("law", law),
            ("email", &who.email),
            ("name", &who.name),
        ];
        let check = browser
            .post("/ask/check", &fields)
            .await?
            .text("checking the answers")?;
        let draft = hidden(&check, "draft")?;
        let sent = browser
            .post("/requests", &[("draft", draft)])
            .await?
            .next("sending the form")?;
        // The open lane shows the reference on a page, the other one in the address.
        let shown = match right.lane() {
            Lane::Verified => sent,
            Lane::Open => browser.get(&sent).await?.text("the confirmation")?,
        };
        reference_in(&shown).context("the portal names no reference")
    }

    /// What the officer does, between what the worker does.
    async fn decide(&self, reference: &Reference, id: RequestId) -> anyhow::Result<()> {
        let actor = Actor::Officer(self.officer.clone());
        self.until(id, "planned").await?;
        let view = self.engine.request(id).await?;
        let plan = view.plan.context("a planned request has a plan")?;
        self.out.progress(&format!(
            "{reference}: the officer approves plan {}",
            plan.hash
        ));
        self.engine.approve(&actor, id, &plan.hash).await?;
        self.until(id, "confirmed").await?;
        self.out.progress(&format!(
            "{reference}: done and packed; the officer releases the answer"
        ));
        self.engine.release(&actor, id).await?;
        Ok(())
    }

    /// The answer's letter, a fresh code, the file.
    async fn fetch(
        &self,
        browser: &Browser,
        mail: &mut Mailbox,
        reference: &Reference,
    ) -> anyhow::Result<PathBuf> {
        let page = mail.link().await?;
        let ask = format!("{page}/download/code");
        browser
            .post(&ask, &[])
            .await?
            .next("asking for the download's code")?;
        let code = mail.code().await?;
        let download = format!("{page}/download");
        let answer = browser
            .post(&download, &[("code", &code)])
            .await?
            .body("the download")?;
        let path = self.answers.join(format!("{reference}.zip"));
        write(&path, answer).await?;
        Ok(path)
    }

    /// Waits for the worker.
    async fn until(&self, id: RequestId, wanted: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let phase = self.engine.request(id).await?.row.phase;
            if phase == wanted {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("the request is still '{phase}' and not '{wanted}' after a minute");
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

async fn write(path: &Path, bytes: Vec<u8>) -> anyhow::Result<()> {
    tokio::fs::write(path, bytes)
        .await
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The first thing in a text that reads as a reference.
fn reference_in(text: &str) -> Option<Reference> {
    text.match_indices("HB-")
        .find_map(|(at, _)| text.get(at..at + "HB-XXXXX-XXXXX".len())?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_found_in_an_address_and_on_a_page() {
        for text in ["/r/HB-7K2M9-4QX3T/code", "<p>HB-? <b>HB-7K2M9-4QX3T</b>"] {
            assert_eq!(reference_in(text).unwrap().as_str(), "HB-7K2M9-4QX3T");
        }
        assert!(reference_in("HB-").is_none());
    }
}
