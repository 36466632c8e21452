//! Where sealed files lie: the only place that names concrete places of blobs.

use std::time::{Duration, SystemTime};

use habeas_config::{Bucket, Config, VaultPlace};
use habeas_vault::Vault;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Connects to nothing yet. Blocking.
pub fn open(config: &Config) -> anyhow::Result<Vault> {
    match &config.vault {
        VaultPlace::Folder(path) => Ok(Vault::folder(path)?),
        VaultPlace::S3(bucket) => s3(bucket),
    }
}

#[cfg(feature = "s3")]
fn s3(bucket: &Bucket) -> anyhow::Result<Vault> {
    use anyhow::Context as _;
    let prefix = bucket.prefix.as_deref().map(str::parse).transpose();
    Ok(habeas_vault_s3::open(habeas_vault_s3::Settings {
        endpoint: bucket.endpoint.clone(),
        region: bucket.region.clone(),
        bucket: bucket.name.clone(),
        prefix: prefix.context("vault.prefix")?,
        path_style: bucket.path_style,
        access_key_id: bucket.access_key_id.reveal().to_owned(),
        secret_access_key: bucket.secret_access_key.reveal().to_owned().into(),
        patience: habeas_vault_s3::Patience::default(),
    })?)
}

#[cfg(not(feature = "s3"))]
fn s3(_: &Bucket) -> anyhow::Result<Vault> {
    anyhow::bail!("vault.kind: this habeas was built without S3; build it with '--features s3'")
}

/// Writes, reads, lists and deletes a small blob. Blocking.
pub fn probe(config: &Config) -> anyhow::Result<()> {
    let name = format!("check/{}", uuid::Uuid::now_v7()).parse()?;
    Ok(open(config)?.probe(&name)?)
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes what killed processes left unfinished, now and every day until told to stop. What is
/// younger than a day may still be written.
pub fn sweep_daily(config: &Config, stop: &CancellationToken) {
    let (config, stop) = (config.clone(), stop.clone());
    tokio::spawn(stop.run_until_cancelled_owned(async move {
        let mut days = tokio::time::interval(DAY);
        loop {
            days.tick().await;
            let config = config.clone();
            match spawn_blocking(move || sweep(&config)).await {
                Ok(Ok(None | Some(0))) => {}
                Ok(Ok(Some(removed))) => {
                    info!(removed, "removed {removed} unfinished files from the vault");
                }
                Ok(Err(error)) => {
                    let error = crate::failure::in_one_line(&error);
                    warn!(error, "the vault was not swept; it is tried again tomorrow");
                }
                // The process is ending.
                Err(_) => return,
            }
        }
    }));
}

fn sweep(config: &Config) -> anyhow::Result<Option<u64>> {
    Ok(open(config)?.sweep(SystemTime::now() - DAY)?)
}
