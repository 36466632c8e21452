//! The rows of an export on their way from a blocking thread to whoever packs them.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use habeas_connector::{Access, AccessItem, RecordStream, StoreError, Subject};
use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Inner;
use crate::{Mode, Session, Store, access, compile::Compiler};

/// Rows that may wait between the database and whoever packs them.
const ROWS_IN_FLIGHT: usize = 64;

/// Begins to read at once; what fails, fails in the stream.
pub(super) fn open<S: Store>(inner: Arc<Inner<S>>, access: Access) -> RecordStream {
    let (sender, receiver) = mpsc::channel(ROWS_IN_FLIGHT);
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
        _guard: guard,
    })
}

impl<S: Store> Inner<S> {
    fn stream(
        &self,
        subjects: &[Subject],
        cancel: &CancellationToken,
        sender: &mpsc::Sender<Result<AccessItem, StoreError>>,
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
        access::access(&mut session, compiler, subjects, &mut |item| {
            sender
                .blocking_send(Ok(item))
                .map_err(|_| StoreError::transient("cancelled", "nobody reads the rows any more"))
        })
    }
}

/// A stream whose end, however it comes, ends the query too.
struct Guarded {
    rows: ReceiverStream<Result<AccessItem, StoreError>>,
    _guard: DropGuard,
}

impl futures::Stream for Guarded {
    type Item = Result<AccessItem, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.rows).poll_next(context)
    }
}
