//! One validated [`Config`], read from `habeas.toml`, and the only reader of the environment.
//!
//! It says what was written, with every path made whole and every secret fetched; what the values
//! do is nobody's business here. It connects to nothing and makes no files.

mod config;
mod environment;
mod error;
mod file;
mod read;
mod secret;

pub use config::{
    ApiKey, Bucket, Config, DataFolders, Database, Hold, LogFormat, Mail, MailWay, Operate, Rules,
    Site, Smtp, Store, StoreKind, StoreLimits, Tls, Traces, VaultPlace, Web,
};
pub use environment::Environment;
pub use error::ConfigError;
pub use secret::Secret;
