//! `habeas work`: a worker without pages.

use serde_json::json;

use super::serve::Worker;
use crate::{Context, End, signals, world};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Do everything that is ready now, then end
    #[arg(long)]
    until_idle: bool,
}

pub async fn run(context: &Context, args: &Args) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    if args.until_idle {
        engine.watch_deadlines().await?;
        let steps = engine.work_until_idle().await?;
        let words = format!("{steps} steps were carried out");
        context.out.result(&json!({ "steps": steps }), |_| words);
        return Ok(End::Success);
    }
    let stop = signals::stop_token()?;
    let worker = Worker::start(&engine, &stop);
    stop.cancelled().await;
    worker.end(&stop).await?;
    Ok(End::Success)
}
