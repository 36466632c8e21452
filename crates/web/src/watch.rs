//! One span and one count for every answer, by the route's pattern. Paths, queries, addresses and
//! bodies are never looked at: they may hold a capability or a person.

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web::Data,
};
use tracing::{Instrument, field::Empty, info_span};

use crate::{settings::WebSettings, vitals::Answer};

pub(crate) async fn answers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let settings = request.app_data::<Data<WebSettings>>();
    let vitals = settings.map(|settings| settings.vitals.clone());
    let method = method(request.method());
    let route = request.match_pattern();
    let route = route.unwrap_or_else(|| "unmatched".to_owned());
    let span = info_span!(
        "http",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    let answer = next.call(request).instrument(span.clone()).await;
    let status = match &answer {
        Ok(answer) => answer.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    span.record("http.response.status_code", status.as_u16());
    if let Some(vitals) = vitals {
        vitals.count(Answer {
            method,
            route,
            status: status.as_u16(),
        });
    }
    Ok(answer?.map_into_boxed_body())
}

/// A caller may invent methods; each would be a figure of its own.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
