//! Waiting for the client: a small runtime of our own, so that callers may block wherever they are
//! and connections outlive the runtime of whoever made them.

use std::{future::Future, io, sync::mpsc, time::Duration};

use tokio::runtime::{Builder, Runtime};

/// One thread that serves the connections. Callers drive their own calls.
#[derive(Debug)]
pub(crate) struct Background(Option<Runtime>);

impl Background {
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("vault-s3")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("the runtime lives until the drop")
    }

    /// Blocks until the future is done.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime().block_on(future)
    }

    /// Blocks for a while, on any thread, and leaves the rest to the background.
    pub fn wait_at_most(&self, time: Duration, future: impl Future + Send + 'static) {
        let (done, wait) = mpsc::sync_channel(1);
        self.runtime().spawn(async move {
            future.await;
            let _ = done.send(());
        });
        let _ = wait.recv_timeout(time);
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Waiting for the runtime's end is forbidden on async threads, where the last user may be.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
