//! `habeas store`: look at the systems that hold data. None of these changes a store.

use std::path::PathBuf;

use anyhow::Context as _;
use habeas_config::{Secret, StoreKind};
use habeas_connector::{Connector, Look, Subject};
use habeas_domain::{
    Identifier, RequestId, Right, StoreId,
    plan::{self, Answer, Decision, Plan},
};
use serde_json::json;

use super::{check, drift, explain, import, map};
use crate::{Context, End, stores, world};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// The configured stores
    List,
    /// Connect to one store and compare its map with what is there
    Check { name: String },
    /// Propose a first data map, as YAML, from the live schema
    Discover(Discover),
    /// What would be done for a person, without doing it
    Plan(DryRun),
    /// A first data map from what was written for another tool
    #[command(subcommand)]
    Import(import::Import),
    /// Print the JSON Schema of data maps, for editors
    Schema,
}

#[derive(Debug, clap::Args)]
pub struct Discover {
    /// A configured store
    #[arg(required_unless_present_any = ["sqlite", "postgres", "mysql"])]
    store: Option<String>,
    /// A SQLite file that is not configured yet
    #[arg(long, value_name = "FILE", conflicts_with_all = ["store", "postgres", "mysql"], requires = "name")]
    sqlite: Option<PathBuf>,
    /// A PostgreSQL database that is not configured yet: a URL without a password, env:NAME or
    /// file:path
    #[arg(long, value_name = "URL", conflicts_with_all = ["store", "mysql"], requires = "name")]
    postgres: Option<String>,
    /// A MariaDB database that is not configured yet, in the same ways: mysql://user@host/database
    #[arg(long, value_name = "URL", conflicts_with = "store", requires = "name")]
    mysql: Option<String>,
    /// What to call the store
    #[arg(long)]
    name: Option<StoreId>,
    /// Read no rows: propose from names, types, keys and comments alone
    #[arg(long)]
    no_sample: bool,
    /// Compare the configured map with the store instead of proposing a new one
    #[arg(long, requires = "store", conflicts_with_all = ["no_sample", "remember"])]
    diff: bool,
    /// Keep the schema beside the configured map, so that later changes of types, foreign keys,
    /// triggers and partitions are told too
    #[arg(long, requires = "store")]
    remember: bool,
}

#[derive(Debug, clap::Args)]
pub struct DryRun {
    name: String,
    /// How the person is found, such as email=ada@example.org; may be given several times
    #[arg(long, required = true, value_name = "KIND=VALUE", value_parser = identifier)]
    identifier: Vec<Identifier>,
    #[arg(long, default_value = "erasure")]
    right: Right,
    /// Tell for every way to a row why it leads nowhere
    #[arg(long)]
    why_empty: bool,
}

fn identifier(text: &str) -> Result<Identifier, String> {
    let (kind, value) = text.split_once('=').ok_or("write KIND=VALUE")?;
    let kind = kind.parse().map_err(|error| format!("{error}"))?;
    Identifier::parse(kind, value).map_err(|error| error.to_string())
}

pub async fn run(context: &Context, command: Command) -> anyhow::Result<End> {
    match command {
        Command::List => list(context),
        Command::Check { name } => {
            let config = context.load()?;
            let connector = world::store(&config, &name)?;
            let found = check::store(connector.as_ref()).await;
            let file = drift::map_file(&config, &name)?;
            Ok(check::report(context, map::placed(found, &file)))
        }
        Command::Discover(from) => discover(context, from).await,
        Command::Plan(person) => dry_run(context, &person).await,
        Command::Import(from) => import::run(context, from),
        Command::Schema => map::schema(context),
    }
}

fn list(context: &Context) -> anyhow::Result<End> {
    let stores = stores::all(&context.load()?)?;
    let about = |connector: &dyn Connector| {
        let map = connector.map();
        let mut kinds: Vec<&str> = map
            .identities()
            .map(|(_, _, identity)| identity.kind.as_str())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        json!({
            "store": map.store,
            "title": map.title,
            "connector": connector.capabilities().connector,
            "collections": map.collections.len(),
            "found_by": kinds,
        })
    };
    let value: Vec<_> = stores
        .iter()
        .map(|connector| about(connector.as_ref()))
        .collect();
    context.out.result(&value, |_| {
        let line = |connector: &dyn Connector| {
            let map = connector.map();
            format!(
                "{:16} {:10} {:3} collections  {}\n",
                map.store.as_str(),
                connector.capabilities().connector,
                map.collections.len(),
                map.title
            )
        };
        stores
            .iter()
            .map(|connector| line(connector.as_ref()))
            .collect()
    });
    Ok(End::Success)
}

async fn discover(context: &Context, from: Discover) -> anyhow::Result<End> {
    if let (Some(store), true) = (&from.store, from.diff) {
        return drift::compare(context, store).await;
    }
    if let (Some(store), true) = (&from.store, from.remember) {
        return drift::remember(context, store).await;
    }
    let look = Look {
        sample: !from.no_sample,
    };
    let server = match (from.postgres, from.mysql) {
        (Some(url), _) => Some(StoreKind::Postgres { url: secret(&url)? }),
        (None, Some(url)) => Some(StoreKind::Mysql { url: secret(&url)? }),
        (None, None) => None,
    };
    let proposal = match (from.store, from.sqlite, server, from.name) {
        (Some(store), _, _, _) => {
            let connector = world::store(&context.load()?, &store)?;
            connector.discover(look).await?
        }
        (None, Some(path), _, Some(name)) => {
            stores::discover(&StoreKind::Sqlite { path }, name, look).await?
        }
        (None, None, Some(server), Some(name)) => stores::discover(&server, name, look).await?,
        (None, _, _, _) => {
            anyhow::bail!("name a store, or give --sqlite, --postgres or --mysql with --name")
        }
    };
    let yaml = proposal.to_yaml()?;
    context.out.result(&proposal, |_| yaml);
    Ok(End::Success)
}

fn secret(url: &str) -> anyhow::Result<Secret> {
    Secret::url(url).map_err(anyhow::Error::msg)
}

async fn dry_run(context: &Context, person: &DryRun) -> anyhow::Result<End> {
    let config = context.load()?;
    let connector = world::store(&config, &person.name)?;
    let request = RequestId::fresh();
    let subject = Subject::new(request, person.identifier.clone());
    let explained = connector.explain(&subject).await?;
    let located = connector
        .locate(&[subject])
        .await?
        .into_iter()
        .next()
        .context("the store gave no answer")??;
    let kinds: Vec<String> = located
        .further
        .iter()
        .map(|identifier| identifier.kind.to_string())
        .collect();
    let answer = Answer::Found {
        rows: located.rows,
        obstacles: located.obstacles,
    };
    let rules = world::rules(&config);
    let plan = plan::plan(&plan::Input {
        request,
        right: person.right,
        law: &config.site.default_law,
        stores: vec![(connector.map(), &answer)],
        holds: &rules.holds,
        row_cap: rules.row_cap,
    })?;
    let value = json!({ "steps": plan.steps, "leads_on_by": kinds, "explained": explained });
    context.out.result(&value, |_| {
        let mut text = in_words(&plan, &kinds);
        if person.why_empty {
            text += &explain::why_empty(&explained);
        }
        if person.right == Right::Erasure {
            text += &explain::statements(&explained);
        }
        text + "nothing was changed"
    });
    Ok(End::Success)
}

fn in_words(plan: &Plan, kinds: &[String]) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let decision = match &step.decision {
            Decision::Act => "would be carried out".to_owned(),
            Decision::Absent => "nothing was found".to_owned(),
            Decision::Keep { ground } => format!("everything stays: {}", ground.article),
            Decision::Stop { reasons } => format!("stops: {}", reasons.join("; ")),
        };
        text += &format!("{} on {}: {decision}\n", step.verb.as_str(), step.title);
        for collection in step
            .collections
            .iter()
            .filter(|collection| collection.rows > 0)
        {
            text += &format!("  {:20} {:6} rows\n", collection.name, collection.rows);
            for column in &collection.columns {
                text += &format!("    {:22} {}\n", column.name, column.fate);
            }
        }
    }
    if !kinds.is_empty() {
        text += &format!("leads on to other stores by {}\n", kinds.join(", "));
    }
    text
}
