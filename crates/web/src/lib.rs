//! The faces of Habeas over HTTP: pages for subjects (`portal`), pages for officers (`console`), a
//! JSON interface (`api`), and on an address of its own what operators watch (`operator`).
//!
//! Handlers translate: who may call is an extractor, what comes in and goes out are types of their
//! own. Rules, deadlines and storage live in the engine. Nothing here knows a database or a
//! connector, and no page carries a script.

mod api;
mod assets;
mod console;
mod demo_mail;
mod fault;
mod guard;
mod health;
mod limiter;
mod operator;
mod page;
mod portal;
mod routes;
mod server;
mod settings;
mod vitals;
mod watch;
mod words;

pub use api::openapi_json;
pub use operator::{Watched, operator_routes, serve_operator};
pub use routes::routes;
pub use server::serve;
pub use settings::{BadKey, JwtKey, WebSettings};
pub use vitals::Vitals;
