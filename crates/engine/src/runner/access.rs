//! Streams the subject's rows from a store into sealed parts, one for each collection. Memory
//! stays flat: rows pass through a bounded channel to a blocking writer.

use std::io::Write;

use futures::StreamExt;
use habeas_connector::{Access, AccessItem, Shown, StoreError};
use habeas_domain::outcome::{CollectionOutcome, CollectionRows};
use habeas_storage::steps::{State, Step};
use habeas_vault::{BlobName, DataKey, SealedWriter, Vault};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Failed, planned};
use crate::{
    Engine, UseCaseError,
    engine::{blocking, internal},
    result::{Part, StepResult},
};

pub(super) const PURPOSE_PART: &str = "part";

/// Rows between the store and the sealed part.
const WINDOW: usize = 256;

pub(super) async fn run(engine: &Engine, step: &Step) -> Result<(), Failed> {
    let request = engine.request_of(step).await?;
    let key = engine.key(request.id)?;
    let connector = engine.connector(step)?;
    let plan = planned(engine, step, &request).await?;
    let subject = engine.subject(&request, &key).await?;
    let cancel = CancellationToken::new();
    // Ends the query on the server, whatever way this function is left.
    let _ended = cancel.clone().drop_guard();
    let mut stream = connector
        .access(Access {
            subjects: vec![subject],
            cancel,
        })
        .await?;

    let (sender, receiver) = mpsc::channel(WINDOW);
    let parts = PartWriter {
        vault: engine.0.vault.clone(),
        key,
        folder: format!("req/{}/step/{}/{}", step.request, step.id, step.lease_epoch),
        row_cap: plan.row_cap,
        open: None,
        done: Vec::new(),
        ended: None,
    };
    let writer = tokio::spawn(blocking(move || Ok(parts.write_all(receiver))));
    let mut broken = None;
    while let Some(item) = stream.next().await {
        match item {
            Ok(item) => {
                if sender.send(item).await.is_err() {
                    break;
                }
            }
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    drop(sender);
    let written = writer
        .await
        .map_err(|_| internal("the part writer panicked"))??;
    if let Some(error) = broken {
        return Err(error.into());
    }
    let (parts, sent) = written?;
    engine.cut("accessed");

    let collections: Vec<CollectionOutcome> = sent
        .iter()
        .map(|rows| CollectionOutcome {
            collection: rows.collection.clone(),
            located: rows.rows,
            exported: rows.rows,
            ..CollectionOutcome::default()
        })
        .collect();
    let (state, outcome) = match sent.iter().map(|rows| rows.rows).sum::<u64>() {
        0 => (State::Absent, "absent"),
        _ => (State::Done, "exported"),
    };
    let result = StepResult::Accessed { collections, parts };
    engine
        .finish(step, state, outcome, Some(result), |_, _, _, _| Ok(()))
        .await
}

/// Writes rows as JSON lines into one sealed part after the other.
struct PartWriter {
    vault: Vault,
    key: DataKey,
    /// Holds the epoch, so that a worker whose lease was lost cannot touch the parts of the next.
    folder: String,
    row_cap: u64,
    open: Option<(String, u64, SealedWriter)>,
    done: Vec<Part>,
    ended: Option<Vec<CollectionRows>>,
}

type Written = Result<(Vec<Part>, Vec<CollectionRows>), Failed>;

impl PartWriter {
    fn write_all(mut self, mut items: mpsc::Receiver<AccessItem>) -> Written {
        while let Some(item) = items.blocking_recv() {
            match item {
                AccessItem::Row {
                    collection, record, ..
                } => self.row(&collection, &record)?,
                AccessItem::End { sent, .. } => self.ended = Some(sent),
            }
        }
        self.close()?;
        let sent = self.ended.take().ok_or_else(|| {
            StoreError::transient("cut_stream", "the store ended the stream before its end")
        })?;
        for rows in &sent {
            let written: u64 = self
                .done
                .iter()
                .filter(|part| part.collection == rows.collection)
                .map(|part| part.rows)
                .sum();
            if written != rows.rows {
                return Err(StoreError::transient(
                    "lost_rows",
                    "the store says that it sent more or fewer rows than arrived",
                )
                .into());
            }
        }
        Ok((self.done, sent))
    }

    fn row(&mut self, collection: &str, record: &habeas_connector::Record) -> Result<(), Failed> {
        let same = self
            .open
            .as_ref()
            .is_some_and(|(name, _, _)| name == collection);
        if !same {
            self.close()?;
            let name = self.part_name(self.done.len())?;
            let writer = self.vault.create(&self.key, &name, PURPOSE_PART)?;
            self.open = Some((collection.to_owned(), 0, writer));
        }
        let Some((_, rows, writer)) = &mut self.open else {
            return Err(internal("a part was opened above").into());
        };
        *rows += 1;
        if *rows > self.row_cap {
            return Err(Failed::parked(
                "row_cap",
                format!("more than {} rows in {collection}", self.row_cap),
            ));
        }
        let fields: Vec<(&str, Shown<'_>)> = record
            .iter()
            .map(|(name, value)| (&**name, value.shown()))
            .collect();
        let mut line = serde_json::to_vec(&fields).map_err(internal)?;
        line.push(b'\n');
        writer
            .write_all(&line)
            .map_err(|error| Failed::from(UseCaseError::Unavailable(Box::new(error))))?;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Failed> {
        if let Some((collection, rows, writer)) = self.open.take() {
            let blob = writer.finish()?;
            self.done.push(Part {
                collection,
                rows,
                blob,
            });
        }
        Ok(())
    }

    fn part_name(&self, number: usize) -> Result<BlobName, Failed> {
        Ok(format!("{}/{number}", self.folder)
            .parse()
            .map_err(internal)?)
    }
}
