//! `habeas request submit`.

use habeas_domain::{Identifier, Personal, Right};
use habeas_engine::{Channel, NewRequest};
use serde_json::json;

use crate::{Context, End, world};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What is asked for, such as access, erasure or opt_out
    #[arg(long)]
    right: Right,
    /// The address that we write to; it is proved by a code, where the law lets us ask
    #[arg(long, value_parser = Identifier::email)]
    email: Identifier,
    /// For the salutation of letters
    #[arg(long)]
    name: Option<String>,
    /// Law profile; the configured default unless given
    #[arg(long)]
    law: Option<String>,
    /// Makes a repeated call return the first one's answer
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    let submitted = engine
        .submit(NewRequest {
            right: args.right,
            law: args.law,
            identifiers: vec![args.email],
            name: args.name.map(Personal::from),
            channel: Channel::Cli,
            idempotency_key: args.idempotency_key.map(|key| format!("cli-{key}")),
        })
        .await?;
    let value = json!({
        "reference": submitted.reference,
        "right": submitted.right,
        "received_at": submitted.received_at,
        "due": submitted.due,
        "needs_code": submitted.needs_code,
    });
    context.out.result(&value, |_| {
        let next = if submitted.needs_code {
            "\nA code goes to the address; enter it with `habeas request verify`."
        } else {
            ""
        };
        format!("{} is due on {}{next}", submitted.reference, submitted.due)
    });
    Ok(End::Success)
}
