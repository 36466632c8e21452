//! `habeas request`: the journey of a request, from a terminal.
//!
//! With SQLite as control database one process at a time has it open: stop `serve` first, or use
//! the console, the API or PostgreSQL.

mod decide;
mod show;
mod submit;

use habeas_domain::{Right, plan::PlanHash};
use habeas_engine::Reference;

use crate::{Context, End};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a request for a person
    Submit(submit::Args),
    /// Requests, the most urgent first
    List {
        /// Those that are closed, refused or withdrawn as well
        #[arg(long)]
        all: bool,
        #[arg(long)]
        right: Option<Right>,
    },
    /// Everything about one request
    Show { reference: Reference },
    /// Enter the code that the person read out of our letter
    Verify { reference: Reference, code: String },
    /// Let the plan with this hash be carried out
    Approve {
        reference: Reference,
        /// The hash of the plan that you read (`habeas request show`)
        #[arg(long)]
        plan: PlanHash,
        #[command(flatten)]
        officer: Officer,
    },
    /// Let the person have the answer
    Release {
        reference: Reference,
        #[command(flatten)]
        officer: Officer,
    },
    /// Refuse; the letter gives the reason and the remedies of the law
    Refuse {
        reference: Reference,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        officer: Officer,
    },
    /// Take a request back for the person
    Withdraw {
        reference: Reference,
        /// The last part of the link in the person's letter
        #[arg(long, allow_hyphen_values = true)]
        capability: String,
    },
}

/// Who decides.
#[derive(Debug, clap::Args)]
pub struct Officer {
    /// Your login; the password is read from standard input
    #[arg(long = "officer", value_name = "LOGIN")]
    login: String,
}

pub async fn run(context: &Context, command: Command) -> anyhow::Result<End> {
    match command {
        Command::Submit(args) => submit::run(context, args).await,
        Command::List { all, right } => show::list(context, all, right).await,
        Command::Show { reference } => show::one(context, &reference).await,
        Command::Verify { reference, code } => decide::verify(context, &reference, &code).await,
        Command::Approve {
            reference,
            plan,
            officer,
        } => decide::approve(context, &reference, &plan, &officer).await,
        Command::Release { reference, officer } => {
            decide::release(context, &reference, &officer).await
        }
        Command::Refuse {
            reference,
            reason,
            officer,
        } => decide::refuse(context, &reference, &reason, &officer).await,
        Command::Withdraw {
            reference,
            capability,
        } => decide::withdraw(context, &reference, &capability).await,
    }
}
