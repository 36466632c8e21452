//! Streams the subject's rows from a store into sealed parts, one for each collection. Memory
//! stays flat: rows pass through a bounded channel to a blocking writer.

use std::{io::Write, sync::Arc};

use futures::StreamExt;
use habeas_connector::{
    Access, AccessItem, Connector, ErrorClass, RecordStream, Shown, StoreError, Subject,
};
use habeas_domain::outcome::{CollectionOutcome, CollectionRows};
use habeas_storage::steps::{State, Step};
use habeas_vault::{BlobName, DataKey, SealedWriter, Vault};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Failed,
    call::{self, Answers, Seat},
    planned,
};
use crate::{
    Engine, UseCaseError,
    engine::{blocking, internal},
    result::{Part, StepResult},
};

pub(super) const PURPOSE_PART: &str = "part";

/// Rows between the store and the sealed part.
const WINDOW: usize = 256;

/// One person's rows, as they come.
pub(super) type Rows = mpsc::Receiver<Result<AccessItem, StoreError>>;

/// Opens one stream for all subjects and hands each of them their own part of it.
pub(super) async fn open(
    connector: Option<Arc<dyn Connector>>,
    subjects: Vec<Subject>,
) -> Answers<Rows> {
    let Some(connector) = connector else {
        return Ok(Vec::new());
    };
    let cancel = CancellationToken::new();
    // Ends the query on the server, whatever way the rows end.
    let guard = cancel.clone().drop_guard();
    let (askers, rows): (Vec<_>, Vec<_>) = subjects.iter().map(|_| mpsc::channel(WINDOW)).unzip();
    let stream = connector.access(Access { subjects, cancel }).await?;
    tokio::spawn(async move {
        let _ended = guard;
        deal(stream, askers).await;
    });
    Ok(rows.into_iter().map(Ok).collect())
}

/// Hands each row to whom it belongs. Who does not listen any more does not stop the others.
async fn deal(mut stream: RecordStream, askers: Vec<mpsc::Sender<Result<AccessItem, StoreError>>>) {
    let mut askers: Vec<_> = askers.into_iter().map(Some).collect();
    let mut broken = None;
    while let Some(item) = stream.next().await {
        let item = match item {
            Ok(item) => item,
            Err(error) => {
                broken = Some(error);
                break;
            }
        };
        let (subject, ended) = match &item {
            AccessItem::Row { subject, .. } => (*subject, false),
            AccessItem::End { subject, .. } => (*subject, true),
        };
        let Some(place) = askers.get_mut(subject) else {
            let message = "the store sent rows of nobody who was asked about";
            broken = Some(StoreError::permanent("stray_rows", message));
            break;
        };
        if let Some(asker) = place {
            let _ = asker.send(Ok(item)).await;
        }
        if ended {
            *place = None;
        }
        if askers.iter().flatten().all(mpsc::Sender::is_closed) {
            return;
        }
    }
    // Without an error the channels just end, and whoever misses their last row says so.
    let Some(error) = broken else { return };
    let left: Vec<_> = askers.into_iter().flatten().collect();
    for asker in &left {
        let error = match error.class {
            // One of them is at fault, and nobody knows which.
            ErrorClass::Permanent if left.len() > 1 => call::split(),
            _ => call::copy(&error),
        };
        let _ = asker.send(Err(error)).await;
    }
}

pub(super) async fn run(
    engine: &Engine,
    step: &Step,
    seat: Seat<Subject, Rows>,
) -> Result<(), Failed> {
    let request = engine.request_of(step).await?;
    let key = engine.key(request.id)?;
    engine.connector(&step.store)?;
    let plan = planned(engine, step, &request).await?;
    let subject = engine.subject(&request, &key).await?;
    let mut rows = seat.order(subject).await?;

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
    while let Some(item) = rows.recv().await {
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
    drop((sender, rows));
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
