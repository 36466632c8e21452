//! Real MariaDB for tests: one private server, one database per test.
//!
//! `cargo xtask test` starts a server and names it in `HABEAS_TEST_MARIADB`; a test run without it
//! starts a server of its own. A machine without MariaDB fails the test with what to install: a test
//! of the database that is skipped in silence proves nothing.
//!
//! Statements go through the `mariadb` client, so that the test runner needs no driver.

mod database;
mod programs;
mod server;

pub use database::Database;
pub use programs::Programs;
pub use server::{ENV, Server, shared_url};

pub use crate::private::{NotInstalled, StartError};
