//! The rows of an export on their way from a blocking thread to whoever packs them.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use habeas_connector::{Access, AccessItem, Record, RecordStream, StoreError, Subject, Value};
use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Inner;
use crate::{Mode, Session, Store, access, compile::Compiler};

/// Rows that are handed on together: waking somebody up takes longer than reading a row.
const ROWS_TOGETHER: usize = 256;

/// Hand-overs that may wait for whoever packs the rows.
const IN_FLIGHT: usize = 4;

/// Rows that hold more bytes than this are handed on at once.
const BYTES_TOGETHER: usize = 64 << 10;

type HandOver = Result<Vec<AccessItem>, StoreError>;

/// Begins to read at once; what fails, fails in the stream.
pub(super) fn open<S: Store>(inner: Arc<Inner<S>>, access: Access) -> RecordStream {
    let (sender, receiver) = mpsc::channel(IN_FLIGHT);
    let cancel = access.cancel.child_token();
    let guard = cancel.clone().drop_guard();
    spawn_blocking(move || {
        if let Err(error) = inner.stream(&access.subjects, &cancel, &sender) {
            // Nobody may be listening any more; then there is nobody to tell.
            let _ = sender.blocking_send(Err(error));
        }
    });
    Box::pin(Guarded {
        rows: ReceiverStream::new(receiver),
        ready: Vec::new().into_iter(),
        _guard: guard,
    })
}

impl<S: Store> Inner<S> {
    fn stream(
        &self,
        subjects: &[Subject],
        cancel: &CancellationToken,
        sender: &mpsc::Sender<HandOver>,
    ) -> Result<(), StoreError> {
        if subjects.is_empty() {
            return Ok(());
        }
        let mut session = self.store.open(Mode::Stream, &self.options, cancel)?;
        let layout = self.layout(&mut session)?;
        let compiler = Compiler {
            layout: &layout,
            dialect: session.dialect(),
        };
        let mut waiting = Vec::new();
        let mut bytes = 0;
        access::access(&mut session, compiler, subjects, &mut |item| {
            let ended = match &item {
                AccessItem::Row { record, .. } => {
                    bytes += size(record);
                    false
                }
                AccessItem::End { .. } => true,
            };
            waiting.push(item);
            if !ended && waiting.len() < ROWS_TOGETHER && bytes < BYTES_TOGETHER {
                return Ok(());
            }
            bytes = 0;
            sender
                .blocking_send(Ok(std::mem::take(&mut waiting)))
                .map_err(|_| StoreError::transient("cancelled", "nobody reads the rows any more"))
        })
    }
}

fn size(record: &Record) -> usize {
    let size = |value: &Value| match value {
        Value::Text(text) | Value::Number(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Withheld => 0,
    };
    record.iter().map(|(_, value)| size(value)).sum()
}

/// A stream whose end, however it comes, ends the query too.
struct Guarded {
    rows: ReceiverStream<HandOver>,
    /// What came together and waits to be asked for.
    ready: std::vec::IntoIter<AccessItem>,
    _guard: DropGuard,
}

impl futures::Stream for Guarded {
    type Item = Result<AccessItem, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.ready.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match Pin::new(&mut self.rows).poll_next(context) {
                Poll::Ready(Some(Ok(items))) => self.ready = items.into_iter(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
