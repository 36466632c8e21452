//! `habeas serve`: the web process.

use std::{net::TcpListener, sync::Arc};

use anyhow::Context as _;
use habeas_engine::Engine;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::watched::Watched;
use crate::{Context, End, signals, vault, world};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Leave the work to processes of their own (`habeas work`)
    #[arg(long)]
    no_worker: bool,
}

pub async fn run(context: &Context, args: &Args) -> anyhow::Result<End> {
    let config = context.load()?;
    let engine = world::open(&config).await?;
    let settings = Arc::new(world::web_settings(&config, None)?);
    let listen = config.web.listen;
    let listener =
        TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    info!(address = %listener.local_addr()?, worker = !args.no_worker, "serving");
    let watched = Watched::start(
        &config,
        habeas_web::Watched {
            engine: engine.clone(),
            meter: engine.meter().clone(),
            vitals: settings.vitals.clone(),
            version: env!("CARGO_PKG_VERSION"),
        },
    )?;
    let stop = signals::stop_token()?;
    let worker = (!args.no_worker).then(|| Worker::start(&engine, &stop));
    if worker.is_some() {
        vault::sweep_daily(&config, &stop);
    }
    let served = habeas_web::serve(listener, engine, settings, stop.cancelled()).await;
    if let Some(worker) = worker {
        worker.end(&stop).await?;
    }
    if let Some(watched) = watched {
        watched.end().await?;
    }
    served?;
    Ok(End::Success)
}

/// A worker and the watch over the deadlines, beside the web process.
pub struct Worker(tokio::task::JoinHandle<anyhow::Result<()>>);

impl Worker {
    /// Works until told to stop. If it cannot go on, it stops the whole process rather than leave
    /// it serving forms that nobody carries out.
    pub fn start(engine: &Engine, stop: &CancellationToken) -> Self {
        let (engine, stop) = (engine.clone(), stop.clone());
        Self(tokio::spawn(async move {
            let _guard = stop.clone().drop_guard();
            let (worked, ()) =
                tokio::join!(engine.work(stop.clone()), engine.keep_watch(stop.clone()));
            Ok(worked?)
        }))
    }

    pub async fn end(self, stop: &CancellationToken) -> anyhow::Result<()> {
        stop.cancel();
        self.0.await?
    }
}
