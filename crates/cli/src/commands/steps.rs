//! `habeas steps`: what waits in the queue, and a hand on it.
//!
//! With SQLite as control database one process at a time has it open: stop `serve` first, or use
//! PostgreSQL.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use habeas_domain::StepId;
use habeas_engine::{ListedStep, StepFilter, StepState};
use serde_json::json;

use super::account;
use crate::{Context, End, world};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Steps of all requests, the most urgent first; at most 500
    List {
        /// Those in this state [default: every state in which a step is still open]
        #[arg(long, value_parser = states())]
        state: Option<StepState>,
        /// Those on this store
        #[arg(long)]
        store: Option<String>,
    },
    /// Let a step run now that is parked or waits for its time
    Retry {
        id: StepId,
        /// For the audit trail
        #[arg(long)]
        reason: String,
    },
    /// Stop a step that does not run, until it is retried
    Park {
        id: StepId,
        /// For the audit trail
        #[arg(long)]
        reason: String,
    },
}

fn states() -> impl clap::builder::TypedValueParser<Value = StepState> {
    PossibleValuesParser::new(StepState::ALL.iter().map(|state| state.as_str()))
        .try_map(|state| state.parse::<StepState>())
}

pub async fn run(context: &Context, command: Command) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    match command {
        Command::List { state, store } => {
            let steps = engine.list_steps(StepFilter { state, store }).await?;
            let value: Vec<_> = steps.iter().map(as_json).collect();
            context.out.result(&value, |_| match steps.as_slice() {
                [] => "no such steps".to_owned(),
                steps => steps.iter().map(line).collect(),
            });
        }
        Command::Retry { id, reason } => {
            let by = account::operator();
            engine.run_step_again(&by, id, &reason).await?;
            done(context, id, "runs again");
        }
        Command::Park { id, reason } => {
            let by = account::operator();
            engine.park_step(&by, id, &reason).await?;
            done(context, id, "is parked");
        }
    }
    Ok(End::Success)
}

fn done(context: &Context, id: StepId, words: &str) {
    let value = json!({ "step": id, "done": words });
    context.out.result(&value, |_| format!("step {id} {words}"));
}

fn as_json(step: &ListedStep) -> serde_json::Value {
    json!({
        "id": step.id,
        "request": step.reference,
        "store": step.store,
        "verb": step.verb.as_str(),
        "state": step.state.as_str(),
        "due_at": step.due_at,
        "not_before": step.not_before,
        "attempts": step.attempts,
        "last_class": step.last_class,
        "last_code": step.last_code,
        "parked_reason": step.parked_reason,
    })
}

fn line(step: &ListedStep) -> String {
    let why = step.parked_reason.as_ref().or(step.last_code.as_ref());
    format!(
        "{}  {}  {:9} {:8} {:16} due {}  {} tries  {}\n",
        step.id,
        step.reference,
        step.state.as_str(),
        step.verb.as_str(),
        step.store,
        step.due_at.strftime("%Y-%m-%d %H:%M"),
        step.attempts,
        why.map_or("", String::as_str)
    )
}
