//! The officers' pages. Works without script, by keyboard alone; every act is a form with the
//! session's token, and what cannot be undone has a page of its own.

mod act;
mod drift;
mod officer;
mod outlook;
mod plan;
mod queue;
mod request;
mod sign_in;

use actix_web::web;

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    sign_in::configure(config);
    queue::configure(config);
    request::configure(config);
    act::configure(config);
}
