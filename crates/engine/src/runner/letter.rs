//! Sends one letter. Its id is the step's: a letter that goes out twice after a lost answer can be
//! recognised by its Message-ID.

use habeas_storage::steps::{State, Step};

use super::Failed;
use crate::{
    Engine,
    engine::{internal, open},
    flow,
    letters::{Addressed, PURPOSE_LETTER},
};

pub(super) async fn run(engine: &Engine, step: &Step) -> Result<(), Failed> {
    let key = engine.key(step.request)?;
    let payload = step
        .payload
        .as_deref()
        .ok_or_else(|| internal("a letter step has a payload"))?;
    let Addressed { to, letter } = open(&key, PURPOSE_LETTER, payload)?;
    engine.cut("before a letter is sent");
    engine
        .0
        .mailer
        .deliver(step.id.uuid(), &to, &letter)
        .await?;
    engine.0.meter.letter(true);
    engine.cut("after a letter is sent");
    // What kind of letter it was is no secret; the digits of a code's slot are its time only.
    let kind = step.slot.split('-').next().unwrap_or_default().to_owned();
    engine
        .finish(
            step,
            State::Done,
            "sent",
            None,
            move |_, tx, request, now| {
                let detail = format!("the letter '{kind}' was sent");
                flow::fact(tx, request, "engine", "letter.sent", detail, now)
            },
        )
        .await
}
