//! Brings in the evidence once everything has come to rest: ledgers, database, mailbox, the answers
//! that people fetch, and every file that Habeas keeps.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Cursor, Read as _},
    path::Path,
};

use anyhow::Context as _;
use futures::future::try_join_all;
use habeas_tests::{Kind, Shop};
use zip::ZipArchive;

use super::{
    control::{Control, Row},
    installation::{Backend, Installation, MAX_RUNNING},
};
use crate::check::{
    Evidence,
    evidence::{Attempt, Effect, Leak, Ledger, Package, Request, Step},
    leaks::{marker_in, markers},
};

impl Installation {
    /// Fetches the answer to every request that was closed, and takes everything down.
    pub async fn harvest(&self) -> anyhow::Result<Evidence> {
        let acknowledged = self.note(|seen| seen.acknowledged.clone());
        let key = self.published_key()?;
        let references: BTreeSet<&str> = acknowledged
            .iter()
            .map(|one| one.reference.as_str())
            .collect();
        let answers = references
            .into_iter()
            .map(|reference| self.answer(reference, &key));
        let packages = try_join_all(answers).await?.into_iter().flatten().collect();
        let mut ledgers = BTreeMap::new();
        for store in [&self.shop, &self.outlet] {
            ledgers.insert(store.name.to_owned(), ledger(store).await?);
        }
        let letters = self.post.letters().into_iter();
        Ok(Evidence {
            acknowledged,
            keys: self.note(|seen| seen.keys.len()),
            requests: self.requests().await?,
            steps: self.steps().await?,
            attempts: self.attempts().await?,
            ledgers,
            persons: self.persons(),
            packages,
            letters: letters.map(|letter| letter.message_id).collect(),
            most_running: self.note(|seen| seen.running.clone()),
            may_run: MAX_RUNNING,
            leaks: self.leaks().await?,
        })
    }

    /// What the person was given, once there is something.
    async fn answer(&self, reference: &str, key: &str) -> anyhow::Result<Option<Package>> {
        if self.phase(reference).await?.as_deref() != Some("closed") {
            return Ok(None);
        }
        let file = self.fetch(reference).await?;
        unpack(reference, &file, key).map(Some)
    }

    /// The key that receipts of this installation are signed with.
    fn published_key(&self) -> anyhow::Result<String> {
        let seed = fs::read(self.data.join("signing.seed"))?;
        let seed: [u8; 32] = seed.try_into().ok().context("a seed has 32 bytes")?;
        let signer = habeas_proof::Signer::from_seed(seed, &format!("{}/habeas", self.host))?;
        Ok(signer.vkey())
    }

    async fn requests(&self) -> anyhow::Result<Vec<Request>> {
        let rows = self
            .control
            .rows("select reference, phase from request")
            .await?;
        let request = |row: Row| Request {
            reference: text(&row, 0),
            phase: text(&row, 1),
        };
        Ok(rows.into_iter().map(request).collect())
    }

    async fn steps(&self) -> anyhow::Result<Vec<Step>> {
        let sql = "select s.id, r.reference, s.store_id, s.verb, s.state, s.lease_epoch, \
                   e.step_id, e.confirmed_at, e.verified_at from step s \
                   join request r on r.id = s.request_id left join effect e on e.step_id = s.id";
        let rows = self.control.rows(sql).await?;
        let step = |row: Row| Step {
            id: text(&row, 0),
            request: text(&row, 1),
            store: text(&row, 2),
            verb: text(&row, 3),
            state: text(&row, 4),
            epoch: text(&row, 5).parse().unwrap_or(0),
            effect: row[6].as_ref().map(|_| Effect {
                confirmed: row[7].is_some(),
                verified: row[8].is_some(),
            }),
        };
        Ok(rows.into_iter().map(step).collect())
    }

    async fn attempts(&self) -> anyhow::Result<Vec<Attempt>> {
        let sql = "select step_id, lease_epoch, class from step_attempt";
        let rows = self.control.rows(sql).await?;
        let attempt = |row: Row| Attempt {
            step: text(&row, 0),
            epoch: text(&row, 1).parse().unwrap_or(0),
            class: row[2].clone(),
        };
        Ok(rows.into_iter().map(attempt).collect())
    }

    async fn leaks(&self) -> anyhow::Result<Vec<Leak>> {
        let mut leaks = Vec::new();
        let mut look = |place: String, bytes: &[u8]| {
            leaks.extend(marker_in(bytes).map(|marker| Leak { place, marker }));
        };
        look("the log".to_owned(), &self.log.bytes());
        look(
            "an answer that was no success".to_owned(),
            &self.note(|seen| seen.problems.clone()),
        );
        for letter in self.post.letters() {
            if letter.to.contains("officers@") {
                look("a letter to officers".to_owned(), letter.text.as_bytes());
            }
        }
        if self.backend == Backend::Postgres {
            for (table, bytes) in tables(&self.control).await? {
                look(format!("table {table}"), bytes.as_bytes());
            }
        }
        for folder in [self.data.clone(), self.path("tmp")] {
            walk(&folder, &mut |path| {
                let name = path.strip_prefix(&folder).unwrap_or(path);
                look(format!("file {}", name.display()), &fs::read(path)?);
                Ok(())
            })?;
        }
        Ok(leaks)
    }
}

fn text(row: &Row, at: usize) -> String {
    row[at].clone().unwrap_or_default()
}

/// The text of every table.
async fn tables(control: &Control) -> anyhow::Result<Vec<(String, String)>> {
    let sql = "select tablename from pg_tables where schemaname = 'public'";
    let mut all = Vec::new();
    for table in control.rows(sql).await?.into_iter().flatten().flatten() {
        let rows = control
            .rows(&format!("select t::text from \"{table}\" t"))
            .await?;
        let text: Vec<String> = rows.into_iter().flatten().flatten().collect();
        all.push((table, text.join("\n")));
    }
    Ok(all)
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, each)?;
        } else {
            each(&path)?;
        }
    }
    Ok(())
}

async fn ledger(store: &Shop) -> anyhow::Result<Ledger> {
    let mut deleted = BTreeMap::new();
    for (table, id) in store.ledger().await? {
        let row = (table, u32::try_from(id).context("ids count from 1")?);
        *deleted.entry(row).or_insert(0) += 1;
    }
    let control = match store.kind {
        Kind::Sqlite => Control::Sqlite(store.place.clone().into()),
        Kind::Postgres => Control::postgres(store.place.clone()),
    };
    let rows = control.rows("select id, wants_news from customer").await?;
    let id = |row: &Row| text(row, 0).parse::<u32>().context("ids count from 1");
    let out = rows.iter().filter(|row| text(row, 1) == "0");
    Ok(Ledger {
        deleted,
        opted_out: out.map(id).collect::<Result<_, _>>()?,
        customers: rows.iter().map(id).collect::<Result<_, _>>()?,
    })
}

/// What a person sees who unpacks the file and checks it with the key that the controller publishes.
pub fn unpack(reference: &str, file: &[u8], key: &str) -> anyhow::Result<Package> {
    let report = habeas_proof::verify(Cursor::new(file), Some(key));
    let flaw = report.checks.iter().find(|check| !check.ok);
    let mut package = Package {
        reference: reference.to_owned(),
        flaw: flaw.map(|check| format!("{}: {}", check.name, check.detail)),
        ..Package::default()
    };
    for store in report.receipt.iter().flat_map(|receipt| &receipt.stores) {
        let erased = store
            .collections
            .iter()
            .map(|collection| collection.erased)
            .sum();
        package.erased.insert(store.store.clone(), erased);
    }
    let mut archive = ZipArchive::new(Cursor::new(file))?;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at)?;
        let (name, mut bytes) = (entry.name()?.into_owned(), Vec::new());
        entry.read_to_end(&mut bytes)?;
        package.names.extend(markers(&bytes));
        if let [_, "data", store, collection] = name.split('/').collect::<Vec<_>>()[..]
            && let Some(collection) = collection.strip_suffix(".json")
        {
            let place = (store.to_owned(), collection.to_owned());
            package.rows.insert(place, ids(&bytes, collection)?);
        }
    }
    Ok(package)
}

fn ids(records: &[u8], collection: &str) -> anyhow::Result<Vec<u32>> {
    let file: serde_json::Value = serde_json::from_slice(records)?;
    let column = if collection == "line" {
        "order_id"
    } else {
        "id"
    };
    let records = file["records"]
        .as_array()
        .context("a collection has records")?;
    let id = |record: &serde_json::Value| record[column].as_u64()?.try_into().ok();
    let ids: Option<Vec<u32>> = records.iter().map(id).collect();
    let mut ids = ids.context("every record has its id")?;
    ids.sort_unstable();
    Ok(ids)
}
