//! Until told to stop.

use tokio_util::sync::CancellationToken;
use tracing::info;

/// A token that is cancelled by Ctrl-C or SIGTERM.
pub fn stop_token() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let told = stop.clone();
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        info!("stopping; what is under way is finished first");
        told.cancel();
    });
    Ok(stop)
}
