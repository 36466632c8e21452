//! The JSON interface under `/v1`, for programs: subjects' agents with a status token, officers'
//! tools with a signed token. It can do what the pages can, and nothing more.

mod bodies;
mod officers;
mod openapi;
mod problem;
mod requests;
mod tokens;

use actix_web::{HttpResponse, web};
use serde::Serialize;

pub use openapi::openapi_json;
pub(crate) use problem::Problem;
pub(crate) use tokens::Tokens;

use crate::fault::{Fault, Kind};

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    requests::configure(config);
    officers::configure(config);
    config.service(web::resource("/openapi.json").route(web::get().to(openapi)));
}

async fn openapi() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(openapi_json())
}

fn json(
    mut answer: actix_web::HttpResponseBuilder,
    body: &impl Serialize,
) -> Result<HttpResponse, Fault> {
    let body = serde_json::to_vec(body).map_err(|error| Fault::ours(Kind::Internal, error))?;
    Ok(answer.content_type("application/json").body(body))
}
