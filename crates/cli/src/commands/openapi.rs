//! `habeas openapi`.

use crate::{Context, End};

pub fn run(context: &Context) -> anyhow::Result<End> {
    // It is JSON either way.
    let text = habeas_web::openapi_json();
    let value: serde_json::Value = serde_json::from_str(&text)?;
    context.out.result(&value, |_| text.clone());
    Ok(End::Success)
}
