//! `habeas law`: which laws are known, and the reckoning behind a due date.

use habeas_domain::law::{LawBook, Profile};
use habeas_engine::Reference;
use serde_json::json;

use crate::{Context, End, world};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Law profiles and calendars
    List,
    /// How the due date of a request came about, step by step
    Explain { reference: Reference },
}

pub async fn run(context: &Context, command: Command) -> anyhow::Result<End> {
    match command {
        Command::List => list(context),
        Command::Explain { reference } => explain(context, &reference).await,
    }
}

fn list(context: &Context) -> anyhow::Result<End> {
    let book = LawBook::builtin()?;
    let profile = |profile: &Profile| {
        json!({
            "id": profile.id,
            "title": profile.title,
            "valid_from": profile.valid_from.to_string(),
            "timezone": profile.timezone,
            "calendar": profile.calendar,
        })
    };
    let calendars: Vec<&str> = book
        .calendars()
        .map(|calendar| calendar.id.as_str())
        .collect();
    let value = json!({
        "profiles": book.profiles().map(profile).collect::<Vec<_>>(),
        "calendars": calendars,
    });
    context.out.result(&value, |_| {
        let lines = book.profiles().map(|profile| {
            format!(
                "{:12} from {}  {}\n",
                profile.id, profile.valid_from, profile.title
            )
        });
        format!(
            "{}\ncalendars: {}",
            lines.collect::<String>(),
            calendars.join(", ")
        )
    });
    Ok(End::Success)
}

async fn explain(context: &Context, reference: &Reference) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    let id = engine.find(reference).await?;
    let clock = engine.request(id).await?.clock;
    context.out.result(&clock, |clock| {
        let head = format!(
            "{reference}: '{}' under {} of {}, in {}\n",
            clock.right, clock.profile, clock.version, clock.timezone
        );
        let steps = clock.derivation.iter();
        head + &steps.map(|step| format!("  {step}\n")).collect::<String>()
    });
    Ok(End::Success)
}
