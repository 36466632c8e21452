//! Random databases with random persons in them, and an independent model of what must become of
//! every row.
//!
//! `seed` draws, `build` makes tables, rows and a data map of what was drawn, `print` writes them as
//! SQL and YAML, `model` says in plain Rust what each verb has to do, and `promises` compares. The
//! model reads the language of the map as docs/data-map.md tells it, and nothing of the connector.
//! A database takes part by a [`Home`].

#![allow(dead_code, reason = "each database takes what it needs")]

mod build;
mod model;
#[path = "../orders.rs"]
mod orders;
mod print;
pub mod promises;
mod run;
pub mod seed;
mod world;

pub use model::Model;
pub use print::{Late, Words};
pub use promises::Home;
use run::every_circle;
pub use run::{cases, every};
pub use world::World;
