//! Whether the process is up (`/healthz`) and whether it can do its work (`/readyz`).

use actix_web::web::{self, Data, ServiceConfig};
use habeas_engine::Engine;

use crate::fault::Fault;

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/healthz").route(web::get().to(healthz)))
        .service(web::resource("/readyz").route(web::get().to(readyz)));
}

async fn healthz() -> &'static str {
    "up\n"
}

async fn readyz(engine: Data<Engine>) -> Result<&'static str, Fault> {
    engine.ready().await?;
    Ok("ready\n")
}
