//! `habeas officer`, and how an officer shows on the command line who they are.

use std::io::{BufRead, IsTerminal};

use anyhow::{Context as _, bail};
use habeas_domain::Personal;
use habeas_engine::{Actor, Engine};
use habeas_storage::{DbError, officers};
use jiff::Timestamp;
use serde_json::json;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::{Context, End, world};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make an officer. The password is read from standard input
    Add {
        login: String,
        /// The name that colleagues read
        #[arg(long)]
        name: String,
        /// Make up a password and print it
        #[arg(long)]
        generate: bool,
    },
    /// End an officer's access, open sessions included
    Disable { login: String },
}

pub async fn run(context: &Context, command: Command) -> anyhow::Result<End> {
    match command {
        Command::Add {
            login,
            name,
            generate,
        } => add(context, &login, &name, generate).await,
        Command::Disable { login } => disable(context, login).await,
    }
}

async fn add(context: &Context, login: &str, name: &str, made_up: bool) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    let password = if made_up {
        generate()
    } else {
        read_password(context)?
    };
    engine.add_officer(login, name, &password).await?;
    let shown = made_up.then(|| password.reveal().clone());
    context.out.result(
        &json!({ "login": login, "password": shown }),
        |_| match &shown {
            Some(password) => format!("{login} can sign in with {password}"),
            None => format!("{login} can sign in"),
        },
    );
    Ok(End::Success)
}

async fn disable(context: &Context, login: String) -> anyhow::Result<End> {
    let config = context.load()?;
    let db = spawn_blocking(move || world::database(&config)).await??;
    let asked = login.clone();
    let found = db
        .write(move |tx| -> Result<bool, DbError> {
            officers::disable(tx, &asked, Timestamp::now())
        })
        .await?;
    if !found {
        bail!("no officer has the login '{login}'");
    }
    context
        .out
        .result(&json!({ "login": login, "disabled": true }), |_| {
            format!("{login} can no longer sign in")
        });
    Ok(End::Success)
}

/// 122 random bits.
pub fn generate() -> Personal<String> {
    Personal::from(Uuid::new_v4().simple().to_string())
}

/// One line of standard input. Typing it is seen on the screen; a pipe is better.
fn read_password(context: &Context) -> anyhow::Result<Personal<String>> {
    context.out.prompt("password (shown while you type): ");
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("the password cannot be read from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() && !std::io::stdin().is_terminal() {
        bail!("pass the password on standard input");
    }
    Ok(Personal::from(password))
}

/// Whoever decides signs in first, so that the audit trail names a person.
pub async fn sign_in(context: &Context, engine: &Engine, login: &str) -> anyhow::Result<Actor> {
    let password = read_password(context)?;
    let signed_in = engine.sign_in(login, &password).await?;
    engine.sign_out(signed_in.token.reveal()).await?;
    Ok(Actor::Officer(signed_in.officer))
}
