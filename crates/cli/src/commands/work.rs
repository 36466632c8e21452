//! `habeas work`: a worker without pages.

use habeas_web::Vitals;
use serde_json::json;

use super::{serve::Worker, watched::Watched};
use crate::{Context, End, signals, vault, world};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Do everything that is ready now, then end
    #[arg(long)]
    until_idle: bool,
}

pub async fn run(context: &Context, args: &Args) -> anyhow::Result<End> {
    let config = context.load()?;
    let engine = world::open(&config).await?;
    if args.until_idle {
        engine.watch_deadlines().await?;
        let steps = engine.work_until_idle().await?;
        let words = format!("{steps} steps were carried out");
        context.out.result(&json!({ "steps": steps }), |_| words);
        return Ok(End::Success);
    }
    let vitals = Vitals::default();
    let watched = Watched::start(
        &config,
        habeas_web::Watched {
            engine: engine.clone(),
            meter: engine.meter().clone(),
            vitals: vitals.clone(),
            version: env!("CARGO_PKG_VERSION"),
        },
    )?;
    let stop = signals::stop_token()?;
    let worker = Worker::start(&engine, &stop);
    vault::sweep_daily(&config, &stop);
    stop.cancelled().await;
    vitals.drain();
    worker.end(&stop).await?;
    if let Some(watched) = watched {
        watched.end().await?;
    }
    Ok(End::Success)
}
