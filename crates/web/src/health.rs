//! Whether the process is up (`/healthz`) and whether it can do its work (`/readyz`).
//!
//! A process that is up but not ready is left running and given no work: it says with one word why.

use actix_web::{
    HttpResponse,
    web::{self, Data, ServiceConfig},
};
use habeas_engine::{Engine, Unready};

use crate::vitals::Vitals;

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/healthz").route(web::get().to(healthz)))
        .service(web::resource("/readyz").route(web::get().to(readyz)));
}

async fn healthz() -> &'static str {
    "up\n"
}

async fn readyz(engine: Data<Engine>, vitals: Data<Vitals>) -> HttpResponse {
    let readiness = if vitals.is_draining() {
        Err(Unready::Draining)
    } else {
        engine.readiness().await
    };
    match readiness {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(why) => HttpResponse::ServiceUnavailable().body(format!("{why}\n")),
    }
}
