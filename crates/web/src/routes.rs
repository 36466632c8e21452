//! Which address belongs to which face, and what surrounds each.

use std::{sync::Arc, time::Duration};

use actix_web::{
    middleware::from_fn,
    web::{self, Data, ServiceConfig},
};
use habeas_engine::Engine;

use crate::{
    api, assets, console, demo_mail,
    fault::{Fault, Kind},
    guard, health,
    limiter::Limiter,
    portal,
    settings::WebSettings,
    watch,
};

/// Limits per network, shared by every worker of this process.
#[derive(Debug)]
pub(crate) struct Limits {
    /// Wrong sign-ins.
    pub sign_ins: Limiter,
    /// Forms that make us send a letter.
    pub letters: Limiter,
}

impl Limits {
    fn new() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            sign_ins: Limiter::new(10, minute),
            letters: Limiter::new(30, minute),
        }
    }
}

/// Every route, for an `App` or for a test service.
pub fn routes(
    engine: Engine,
    settings: Arc<WebSettings>,
) -> impl FnOnce(&mut ServiceConfig) + Clone {
    let engine = Data::new(engine);
    let tokens = Data::new(api::Tokens::new(&settings));
    let vitals = Data::new(settings.vitals.clone());
    let settings = Data::from(settings);
    let limits = Data::new(Limits::new());
    move |config: &mut ServiceConfig| {
        let mail_page = settings.mail_page.is_some();
        let pages = web::scope("")
            .wrap(from_fn(guard::from_this_site))
            .wrap(from_fn(guard::faults_as_pages))
            .configure(assets::configure)
            .configure(health::configure)
            .configure(console::configure)
            .configure(move |config| {
                if mail_page {
                    demo_mail::configure(config);
                }
            })
            .configure(portal::configure)
            .default_service(web::to(nowhere));
        let api = web::scope("/v1")
            .wrap(from_fn(guard::faults_as_problems))
            .configure(api::configure)
            .default_service(web::to(nowhere));
        let everything = web::scope("")
            .app_data(engine)
            .app_data(tokens)
            .app_data(settings)
            .app_data(limits)
            .app_data(vitals)
            .app_data(web::PayloadConfig::new(guard::BODY_CAP))
            .app_data(web::JsonConfig::default().limit(guard::BODY_CAP))
            .app_data(web::FormConfig::default().limit(guard::BODY_CAP))
            .wrap(from_fn(guard::in_time))
            .wrap(from_fn(guard::headers))
            .wrap(from_fn(watch::answers))
            .service(api)
            .service(pages);
        config.service(everything);
    }
}

async fn nowhere() -> Result<&'static str, Fault> {
    Err(Fault::new(Kind::NotFound))
}
