//! Log lines, on stderr. Nothing that is logged holds a fact about a person.

use tracing_subscriber::EnvFilter;

/// `wanted` overrides the level of the command; `json` makes one JSON object of each line.
pub fn start(level: &str, wanted: Option<&str>, json: bool) {
    let filter = EnvFilter::new(wanted.unwrap_or(level));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if json {
        lines.json().init();
    } else {
        lines.init();
    }
}
