//! Real PostgreSQL for tests: one private server, one database per test.
//!
//! `cargo xtask test` starts a server and names it in `HABEAS_TEST_POSTGRES`; a test run without it
//! starts a server of its own. A machine without PostgreSQL fails the test with what to install:
//! a test of the database that is skipped in silence proves nothing.

mod database;
mod programs;
mod server;

pub use database::{Database, load};
pub use programs::Programs;
pub use server::{ENV, Server, shared_url};

pub use crate::private::{NotInstalled, StartError};
