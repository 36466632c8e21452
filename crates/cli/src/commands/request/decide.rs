//! What moves a request on: a code, an officer's decision, the person's change of mind.

use habeas_domain::plan::PlanHash;
use habeas_engine::Reference;
use serde_json::json;

use super::Officer;
use crate::{Context, End, commands::officer::sign_in, world};

fn done(context: &Context, reference: &Reference, words: &str) -> End {
    let value = json!({ "reference": reference, "done": words });
    context
        .out
        .result(&value, |_| format!("{reference}: {words}"));
    End::Success
}

pub async fn verify(context: &Context, reference: &Reference, code: &str) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    // The capability that comes back is the person's: it is in their letter.
    engine.confirm(reference, code).await?;
    Ok(done(context, reference, "the address is proved"))
}

pub async fn approve(
    context: &Context,
    reference: &Reference,
    plan: &PlanHash,
    officer: &Officer,
) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    let actor = sign_in(context, &engine, &officer.login).await?;
    let id = engine.find(reference).await?;
    engine.approve(&actor, id, plan).await?;
    Ok(done(context, reference, "the plan is approved"))
}

pub async fn release(
    context: &Context,
    reference: &Reference,
    officer: &Officer,
) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    let actor = sign_in(context, &engine, &officer.login).await?;
    let id = engine.find(reference).await?;
    engine.release(&actor, id).await?;
    Ok(done(context, reference, "the answer is released"))
}

pub async fn refuse(
    context: &Context,
    reference: &Reference,
    reason: &str,
    officer: &Officer,
) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    let actor = sign_in(context, &engine, &officer.login).await?;
    let id = engine.find(reference).await?;
    engine.refuse(&actor, id, reason).await?;
    Ok(done(context, reference, "refused"))
}

pub async fn withdraw(
    context: &Context,
    reference: &Reference,
    capability: &str,
) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    engine.withdraw(reference, capability).await?;
    Ok(done(context, reference, "withdrawn"))
}
