//! `habeas request list` and `show`.

use habeas_domain::Right;
use habeas_engine::{NextAction, QueueFilter, QueueRow, Reference, RequestView};
use serde_json::json;

use crate::{Context, End, world};

pub async fn list(context: &Context, all: bool, right: Option<Right>) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    let filter = QueueFilter {
        open_only: !all,
        right,
        phase: None,
    };
    let rows = engine.queue(filter).await?;
    context.out.result(&rows, |rows| match rows.as_slice() {
        [] => "no requests".to_owned(),
        rows => rows.iter().map(line).collect(),
    });
    Ok(End::Success)
}

fn line(row: &QueueRow) -> String {
    let next = match row.next {
        Some(NextAction::Approve) => "approve",
        Some(NextAction::Release) => "release",
        Some(NextAction::LookAtParked) => "look at parked steps",
        None => "",
    };
    format!(
        "{}  {:10} {:10} due {} ({} days)  {next}\n",
        row.reference,
        row.right.as_str(),
        row.phase,
        row.due,
        row.days_left
    )
}

pub async fn one(context: &Context, reference: &Reference) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    let id = engine.find(reference).await?;
    let view = engine.request(id).await?;
    context.out.result(&as_json(&view), |_| in_words(&view));
    Ok(End::Success)
}

fn as_json(view: &RequestView) -> serde_json::Value {
    let steps = view.steps.iter().map(|step| {
        json!({
            "id": step.id,
            "store": step.store,
            "verb": step.verb,
            "state": step.state,
            "attempts": step.attempts,
            "not_before": step.not_before,
            "last_error": step.last_error,
            "outcome": step.outcome,
            "evidence_level": step.level,
            "collections": step.collections,
        })
    });
    json!({
        "request": view.row,
        "subject": view.subject_hint,
        "identity": view.identity,
        "clock": view.clock,
        "plan": view.plan.as_ref().map(|plan| json!({
            "hash": plan.hash,
            "made_at": plan.made_at,
            "steps": plan.plan.steps,
        })),
        "steps": steps.collect::<Vec<_>>(),
        "events": view.events,
        "refusal": view.refusal.as_ref().map(|refusal| json!({
            "reason": refusal.reason,
            "remedies": refusal.remedies,
        })),
    })
}

fn in_words(view: &RequestView) -> String {
    let row = &view.row;
    let mut text = format!(
        "{}  {} under {}\n  phase     {}\n  due       {} ({} days left)\n  subject   {}\n  identity  {}\n",
        row.reference,
        row.right,
        row.law,
        row.phase,
        row.due,
        row.days_left,
        view.subject_hint,
        view.identity
    );
    if let Some(plan) = &view.plan {
        text += &format!("\nplan {}\n", plan.hash);
        for step in &plan.plan.steps {
            let found: u64 = step
                .collections
                .iter()
                .map(|collection| collection.rows)
                .sum();
            text += &format!(
                "  {} on {}: {found} rows found\n",
                step.verb.as_str(),
                step.title
            );
        }
    }
    text += "\nsteps\n";
    for step in &view.steps {
        let error = step.last_error.as_deref().unwrap_or_default();
        text += &format!(
            "  {:8} {:16} {:9} {error}\n",
            step.verb, step.title, step.state
        );
    }
    text += "\nwhat happened\n";
    for event in &view.events {
        text += &format!("  {}  {} ({})\n", event.at, event.text, event.actor);
    }
    text
}
