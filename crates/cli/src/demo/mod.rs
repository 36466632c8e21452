//! `habeas demo`: a make-believe company on loopback, and three stories played to their end.
//!
//! It needs nothing installed and touches nothing but its own folder. The persons of the stories
//! use the portal by HTTP and read their letters; only the officer's decisions are use cases called
//! in this process, since the console is for people.

mod browser;
mod company;
mod data;
mod folder;
mod mailbox;
mod story;
mod told;

use std::{net::TcpListener, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use habeas_config::Config;
use habeas_domain::Right;
use tokio::task::spawn_blocking;

use crate::{
    Context, End,
    commands::{Worker, generate_password},
    signals, world,
};
use data::{Cast, Subject};
use folder::Folder;
use story::Stage;
use told::Told;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Play the stories and exit; the exit code tells success
    #[arg(long)]
    once: bool,
    /// Listen on this port of 127.0.0.1 [default: a free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Keep the whole company in this folder, which must be new or empty [default: a temporary
    /// one, of which only the answers stay]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

const OFFICER: &str = "olive";

pub async fn run(context: &Context, args: Args) -> anyhow::Result<End> {
    let folder = Folder::open(args.folder.clone())?;
    let ended = in_folder(context, &args, &folder).await;
    let left = folder.leave();
    // Why the demo failed says more than what could not be tidied up after it.
    let end = ended?;
    left?;
    Ok(end)
}

async fn in_folder(context: &Context, args: &Args, folder: &Folder) -> anyhow::Result<End> {
    let listener = TcpListener::bind(("127.0.0.1", args.port))
        .with_context(|| format!("cannot listen on port {}", args.port))?;
    let address = format!("http://{}", listener.local_addr()?);
    context
        .out
        .progress("making a shop and a support desk with about 500 invented people");
    let (root, listen) = (folder.root().to_owned(), listener.local_addr()?);
    let cast = spawn_blocking(move || company::found(&root, listen)).await??;
    let config = Config::load(&folder.root().join("habeas.toml"))?;
    let engine = world::open(&config).await?;
    let password = generate_password();
    let officer = engine
        .add_officer(OFFICER, "Olive Officer", &password)
        .await?;

    let letters = folder.root().join("letters");
    let settings = Arc::new(world::web_settings(&config, Some(letters.clone()))?);
    let stop = signals::stop_token()?;
    let worker = Worker::start(&engine, &stop);
    let server = habeas_web::serve(listener, engine.clone(), settings, stop.cancelled());
    let stage = Stage {
        out: &context.out,
        engine: &engine,
        officer,
        address: &address,
        letters,
        answers: folder.answers(),
    };
    let play = async {
        let told = tokio::select! {
            told = play(&stage, &cast) => told,
            () = stop.cancelled() => Err(anyhow::anyhow!("stopped before the stories ended")),
        };
        if let Ok(told) = &told {
            told.print(context);
            if !args.once {
                let words = invitation(&address, password.reveal(), &cast.visitor);
                context.out.note(&words);
                stop.cancelled().await;
            }
        }
        stop.cancel();
        told
    };
    let (served, told) = tokio::join!(server, play);
    worker.end(&stop).await?;
    let told = told?;
    served?;
    Ok(if told.is_well() {
        End::Success
    } else {
        End::Failed
    })
}

async fn play(stage: &Stage<'_>, cast: &Cast) -> anyhow::Result<Told> {
    let plots = [
        (
            "asks for a copy of their data",
            Right::Access,
            "eu",
            &cast.asks,
        ),
        ("asks to be forgotten", Right::Erasure, "eu", &cast.leaves),
        ("opts out", Right::OptOut, "us-ca-ccpa", &cast.opts_out),
    ];
    let mut stories = Vec::new();
    for (what, right, law, who) in plots {
        stories.push(stage.play(what, right, law, who).await?);
    }
    Ok(Told { stories })
}

fn invitation(address: &str, password: &str, visitor: &Subject) -> String {
    format!(
        "\nThe company stays open until Ctrl-C. Ask as {} ({}); the code is among the letters.\n  \
         portal   {address}/\n  \
         console  {address}/console   sign in as {OFFICER} with {password}\n  \
         letters  {address}/demo/mail",
        visitor.name, visitor.email
    )
}
