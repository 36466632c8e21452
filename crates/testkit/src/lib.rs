//! A small world for tests: a private PostgreSQL, a private MariaDB, a mail server that keeps what it
//! is given, and the way to the reference data. Everything listens on loopback only and goes away
//! with the test.
//!
//! Nothing here is for production: other crates name this one under `dev-dependencies` only.

// Tests are told where things are by their environment; there is no configuration to read.
#![allow(clippy::disallowed_methods)]

pub mod mariadb;
pub mod postgres;
mod private;
pub mod shared;
pub mod smtp;
#[cfg(feature = "world")]
pub mod world;
