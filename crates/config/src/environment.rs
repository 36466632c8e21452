//! The environment, read in this one place.
#![allow(clippy::disallowed_methods, reason = "this is the one door")]

use std::path::PathBuf;

/// What the environment says about a run. Secrets are read where the configuration names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `HABEAS_CONFIG`: the configuration file, unless the command line names one.
    pub config: Option<PathBuf>,
    /// `RUST_LOG`: what is logged, such as `info` or `habeas_engine=debug`.
    pub log: Option<String>,
}

impl Environment {
    pub fn read() -> Self {
        Self {
            config: std::env::var_os("HABEAS_CONFIG").map(PathBuf::from),
            log: variable("RUST_LOG"),
        }
    }
}

/// A variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
