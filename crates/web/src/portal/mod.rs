//! The subject's pages. Every one works without script, because it has none; nothing asks for an
//! account, and no answer tells whether a person is known.

mod answers;
mod ask;
mod code;
mod fetch;
mod status;

use std::time::Instant;

use actix_web::{HttpRequest, web};
use habeas_engine::Reference;
use serde::Deserialize;

use crate::{
    fault::{Fault, Kind},
    limiter::peer,
    routes::Limits,
};

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    ask::configure(config);
    code::configure(config);
    status::configure(config);
    fetch::configure(config);
}

/// A reference in a path. What cannot be one is a page that does not exist.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Ref(pub Reference);

impl TryFrom<String> for Ref {
    type Error = habeas_engine::BadReference;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// Before anything that makes us send a letter.
fn may_send_letter(request: &HttpRequest, limits: &Limits) -> Result<(), Fault> {
    if limits.letters.take(peer(request), Instant::now()) {
        Ok(())
    } else {
        Err(Fault::new(Kind::TooManyRequests))
    }
}
