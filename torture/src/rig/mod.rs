//! What a scenario plays on: an installation of real processes, the world around it, and the wires
//! between the two, which can be told to fail. Nothing here judges; `check` does.

pub mod cluster;
pub mod control;
pub mod desk;
pub mod harvest;
pub mod http;
pub mod installation;
pub mod post;
pub mod process;
pub mod subject;
pub mod wire;

use std::{future::Future, time::Duration};

use anyhow::Context as _;

/// The longest that anything in a scenario may take. Longer than a lease (60 s) and what follows it.
pub const PATIENCE: Duration = Duration::from_secs(150);

/// How often people look again: a client that was turned away, an officer at the queue.
pub const PACE: Duration = Duration::from_millis(150);

/// Waits for something that must happen.
///
/// # Errors
/// When it has not happened after `limit`, naming it.
pub async fn within<T>(
    limit: Duration,
    what: &str,
    event: impl Future<Output = T>,
) -> anyhow::Result<T> {
    tokio::time::timeout(limit, event)
        .await
        .with_context(|| format!("waited {} s for {what}", limit.as_secs()))
}
