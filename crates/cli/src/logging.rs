//! Log lines, on stderr, and spans for a collector, where one is configured. Nothing that is logged
//! or traced holds a fact about a person.

use habeas_config::{LogFormat, Operate};
use opentelemetry::trace::TracerProvider;
use tokio::runtime::Handle;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::traces::{self, Traces};

/// Starts both. `wanted` overrides the level of the command; `json` makes one JSON object of each
/// line, as the configuration may too. What is given back must be held to the end of the process:
/// the last spans leave with it.
pub fn start(
    level: &str,
    wanted: Option<&str>,
    json: bool,
    operate: &Operate,
    runtime: &Handle,
) -> anyhow::Result<Option<Traces>> {
    let filter = EnvFilter::new(wanted.unwrap_or(level));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match (json, operate.log) {
        (true, _) | (_, LogFormat::Json) => lines.json().boxed(),
        (false, LogFormat::Text) => lines.boxed(),
    };
    let traces = match &operate.traces {
        Some(to) => Some(traces::start(to, runtime)?),
        None => None,
    };
    let spans = traces.as_ref().map(|traces| {
        // Where a span stands in our source is nobody's business but ours.
        tracing_opentelemetry::layer()
            .with_location(false)
            .with_threads(false)
            .with_tracer(traces.provider().tracer("habeas"))
    });
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(spans)
        .init();
    Ok(traces)
}
