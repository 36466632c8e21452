//! What whoever runs the machines asks a process, on an address of its own that is not for the
//! public: `/metrics`, `/healthz` and `/readyz`.

mod exposition;

use std::{
    future::Future,
    io,
    net::TcpListener,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse, HttpServer,
    http::header,
    middleware::DefaultHeaders,
    web::{self, Data, ServiceConfig},
};
use habeas_engine::{Engine, Figures, Meter};
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::{health, server, vitals::Vitals};
use exposition::Exposition;

/// The process that the operator's address tells about.
#[derive(Debug, Clone)]
pub struct Watched {
    pub engine: Engine,
    pub meter: Meter,
    pub vitals: Vitals,
    /// The version of the program.
    pub version: &'static str,
}

/// Serves the operator's address until `shutdown` completes.
///
/// # Errors
/// When the listener fails.
pub async fn serve_operator(
    listener: TcpListener,
    watched: Watched,
    shutdown: impl Future,
) -> io::Result<()> {
    let routes = operator_routes(watched);
    let server = HttpServer::new(move || App::new().configure(routes.clone()))
        .workers(1)
        .client_request_timeout(Duration::from_secs(10))
        .shutdown_timeout(1)
        .disable_signals()
        .listen(listener)?
        .run();
    server::until(server, shutdown).await
}

/// The operator's routes, for an `App` or for a test service.
pub fn operator_routes(watched: Watched) -> impl FnOnce(&mut ServiceConfig) + Clone {
    let engine = Data::new(watched.engine.clone());
    let vitals = Data::new(watched.vitals.clone());
    let scraped = Data::new(Scraped {
        watched,
        last: Mutex::default(),
    });
    move |config: &mut ServiceConfig| {
        let everything = web::scope("")
            .app_data(engine)
            .app_data(vitals)
            .app_data(scraped)
            .wrap(DefaultHeaders::new().add((header::CACHE_CONTROL, "no-store")))
            .configure(health::configure)
            .service(web::resource("/metrics").route(web::get().to(metrics)));
        config.service(everything);
    }
}

/// The figures of the database as they were seen last.
struct Scraped {
    watched: Watched,
    last: Mutex<Option<Seen>>,
}

struct Seen {
    at: Instant,
    took: Duration,
    figures: Option<(Timestamp, Figures)>,
}

/// However often somebody asks, the database is not asked again before this.
const LASTS: Duration = Duration::from_secs(5);
/// Nor does asking ever take more than this part of its time.
const PART: u32 = 20;

impl Seen {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < LASTS.max(self.took * PART)
    }
}

async fn metrics(scraped: Data<Scraped>) -> HttpResponse {
    let figures = scraped.figures().await;
    let watched = &scraped.watched;
    let exposition = Exposition {
        figures,
        counts: watched.meter.read(),
        answers: watched.vitals.answered(),
        version: watched.version,
    };
    match exposition.text() {
        Ok(text) => HttpResponse::Ok()
            .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
            .body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

impl Scraped {
    /// `None` when the database does not answer.
    async fn figures(&self) -> Option<(Timestamp, Figures)> {
        // Held while the database is asked: whoever asks meanwhile gets the same answer.
        let mut last = self.last.lock().await;
        if let Some(seen) = last.as_ref().filter(|seen| seen.is_fresh()) {
            return seen.figures.clone();
        }
        let begun = Instant::now();
        let figures = match self.watched.engine.figures().await {
            Ok(figures) => Some(figures),
            Err(error) => {
                tracing::warn!(error = %error, "the figures of the database could not be read");
                None
            }
        };
        *last = Some(Seen {
            at: Instant::now(),
            took: begun.elapsed(),
            figures: figures.clone(),
        });
        figures
    }
}
