//! The listening process. TLS ends before us; the one hop in front must speak HTTP/1.1, keep the
//! `Host` header and add the caller's address to `X-Forwarded-For`. It is believed about addresses
//! when it runs on this machine; from elsewhere it counts as one caller.

use std::{future::Future, io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::Server};
use habeas_engine::Engine;

use crate::{routes, settings::WebSettings};

/// Serves until `shutdown` completes, then lets running requests finish for up to 20 seconds. From
/// that moment on the process says that it is not ready.
pub async fn serve(
    listener: TcpListener,
    engine: Engine,
    settings: Arc<WebSettings>,
    shutdown: impl Future,
) -> io::Result<()> {
    let vitals = settings.vitals.clone();
    let routes = routes(engine, settings);
    let server = HttpServer::new(move || App::new().configure(routes.clone()))
        .workers(2)
        // A head that trickles in is dropped; `guard::in_time` does the same for bodies.
        .client_request_timeout(Duration::from_secs(10))
        .client_disconnect_timeout(Duration::from_secs(5))
        .keep_alive(Duration::from_secs(30))
        .shutdown_timeout(20)
        // Who starts the process decides when it ends.
        .disable_signals()
        .listen(listener)?
        .run();
    until(server, async {
        shutdown.await;
        vitals.drain();
    })
    .await
}

/// Drives a server until `shutdown` completes, and then to its end.
pub(crate) async fn until(server: Server, shutdown: impl Future) -> io::Result<()> {
    let handle = server.handle();
    let mut server = std::pin::pin!(server);
    tokio::select! {
        ended = &mut server => return ended,
        _ = shutdown => {}
    }
    // Stopping needs the server to be driven on.
    let (_, ended) = tokio::join!(handle.stop(true), server);
    ended
}
