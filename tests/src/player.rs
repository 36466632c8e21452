//! A process to be killed. Reads what to do from one JSON argument:
//!
//! - `play`: brings one request to its end, taking it up wherever an earlier process left it;
//!   kills itself with SIGKILL at the cut with the number `die_at`.
//! - `work`: a worker like any other, until its standard input ends; says a line for each step that
//!   it has done. Killed in the same way.

#![allow(clippy::print_stdout, reason = "the result goes to the test")]

use std::{
    io::Write as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, anyhow, bail};
use habeas_connector::Connector;
use habeas_domain::{Personal, Right};
use habeas_engine::{Cut, Engine, NextAction, Rules, SystemTime};
use habeas_storage::Location;
use habeas_testkit::world::{engine_at, letters, officer, request};
use habeas_tests::{Kind, Shop};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

fn text<'v>(task: &'v Value, name: &str) -> anyhow::Result<&'v str> {
    task[name]
        .as_str()
        .with_context(|| format!("the task names no {name}"))
}

fn main() -> anyhow::Result<()> {
    let argument = std::env::args()
        .nth(1)
        .context("one argument: the task as JSON")?;
    let task: Value = serde_json::from_str(&argument)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(run(task))
}

async fn run(task: Value) -> anyhow::Result<()> {
    let dir = PathBuf::from(text(&task, "dir")?);
    let location = match task["database"].as_str() {
        Some(url) => Location::Postgres(url.to_owned()),
        None => Location::Sqlite(dir.join("habeas.sqlite")),
    };
    let rules = Rules {
        officers_mail: Some(Personal::from("officers@shop.example")),
        // Short, so that a worker that was killed is missed soon.
        lease: SignedDuration::from_secs(3),
        ..Rules::default()
    };
    let role = text(&task, "role")?;
    let killer = task["die_at"]
        .as_u64()
        .map(|number| killer(number as usize));
    let cut: Cut = Arc::new({
        let tells = role == "work";
        move |place| {
            if tells && place == "after the end is written" {
                tell();
            }
            if let Some(killer) = &killer {
                killer(place);
            }
        }
    });
    let time = Arc::new(SystemTime);
    let (engine, _db) = engine_at(&dir, &location, shops(&task)?, rules, time, Some(cut)).await;
    match role {
        "play" => {
            play(
                &engine,
                &dir,
                text(&task, "right")?.parse()?,
                text(&task, "email")?,
            )
            .await
        }
        "work" => work(&engine).await,
        other => bail!("no role '{other}'"),
    }
}

fn shops(task: &Value) -> anyhow::Result<Vec<Arc<dyn Connector>>> {
    let shops = task["shops"]
        .as_array()
        .context("the task names its shops")?;
    shops
        .iter()
        .map(|shop| {
            let name = if text(shop, "name")? == "shop" {
                "shop"
            } else {
                "outlet"
            };
            let kind = if text(shop, "kind")? == "sqlite" {
                Kind::Sqlite
            } else {
                Kind::Postgres
            };
            let place = text(shop, "place")?.to_owned();
            Shop { name, kind, place }.connector()
        })
        .collect()
}

/// Tells whoever waits for the work that a step of it is done.
fn tell() {
    // A test that has ended hears nothing any more; its worker is about to end too.
    let _ = writeln!(std::io::stdout(), "a step is done");
}

/// No unwinding, no destructor, no flush: the process is gone.
fn killer(die_at: usize) -> Cut {
    let passed = AtomicUsize::new(0);
    Arc::new(move |_| {
        if passed.fetch_add(1, Ordering::SeqCst) == die_at {
            let me = std::process::id().to_string();
            let _ = std::process::Command::new("kill")
                .args(["-KILL", &me])
                .status();
            std::process::abort();
        }
    })
}

/// Does what subject and officer do, whatever is next, until the request is closed.
async fn play(
    engine: &Engine,
    dir: &std::path::Path,
    right: Right,
    email: &str,
) -> anyhow::Result<()> {
    let fail = |error: habeas_engine::UseCaseError| anyhow!("{error}");
    let mut new = request(right, email);
    new.idempotency_key = Some("the form's nonce".to_owned());
    let submitted = engine.submit(new).await.map_err(fail)?;
    loop {
        engine.work_until_idle().await.map_err(fail)?;
        let view = engine.request(submitted.id).await.map_err(fail)?;
        match (view.row.phase, view.row.next) {
            ("received", _) => {
                let letters = letters(&dir.join("mail"));
                let code = letters
                    .iter()
                    .rfind(|l| l.subject.contains("code"))
                    .context("a code")?;
                engine
                    .confirm(&submitted.reference, &code.code())
                    .await
                    .map_err(fail)?;
            }
            (_, Some(NextAction::Approve)) => {
                let hash = view.plan.context("a plan")?.hash;
                engine
                    .approve(&officer(), submitted.id, &hash)
                    .await
                    .map_err(fail)?;
            }
            (_, Some(NextAction::Release)) => {
                engine
                    .release(&officer(), submitted.id)
                    .await
                    .map_err(fail)?;
            }
            ("closed", _) => break,
            (phase, next) => bail!("stuck in {phase}: {next:?} {:?}", view.steps),
        }
    }
    let view = engine.request(submitted.id).await.map_err(fail)?;
    let mut steps: Vec<Value> = view
        .steps
        .iter()
        .map(|step| {
            json!([
                step.store,
                step.verb,
                step.state,
                step.outcome,
                step.level,
                step.collections
            ])
        })
        .collect();
    steps.sort_by_key(ToString::to_string);
    let mut mail: Vec<String> = letters(&dir.join("mail"))
        .into_iter()
        .map(|l| l.subject)
        .collect();
    mail.sort();
    // References differ from run to run, and a code may be sent again after a crash.
    let letters = mail
        .iter()
        .filter(|subject| !subject.contains("code"))
        .count();
    println!(
        "{}",
        json!({ "phase": view.row.phase, "steps": steps, "letters": letters })
    );
    Ok(())
}

/// Works beside other workers until told to stop, by the end of the standard input.
async fn work(engine: &Engine) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let told = stop.clone().drop_guard();
    // A thread of nobody's: a worker that fails ends at once, and is not kept by its input.
    std::thread::spawn(move || {
        let _told = told;
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink())
    });
    engine.work(stop).await.map_err(|error| anyhow!("{error}"))
}
