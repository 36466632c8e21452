//! The bucket as we use it: keys of names, and the calls that more than one file makes.

use std::{fmt, io, sync::Arc};

use aws_sdk_s3::{
    Client, Config,
    config::{
        BehaviorVersion, Credentials, Region, RequestChecksumCalculation,
        ResponseChecksumValidation, retry::RetryConfig, timeout::TimeoutConfig,
    },
    operation::get_object::GetObjectOutput,
};
use habeas_vault::BlobName;

use crate::{Patience, Settings, fault::Fault, wait::Background};

pub(crate) struct Bucket {
    pub client: Client,
    pub background: Background,
    pub name: String,
    pub patience: Patience,
    /// Empty, or ends with a slash.
    prefix: String,
}

impl Bucket {
    pub fn open(settings: Settings) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            background: Background::start()?,
            patience: settings.patience,
            prefix: settings
                .prefix
                .as_ref()
                .map_or_else(String::new, |prefix| format!("{prefix}/")),
            client: Client::from_conf(config(&settings)),
            name: settings.bucket,
        }))
    }

    pub fn key(&self, name: &BlobName) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The blob that a key is; what others put beside our blobs is none.
    pub fn blob(&self, key: &str) -> Option<BlobName> {
        key.strip_prefix(&self.prefix)?.parse().ok()
    }

    /// What all our keys begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A piece of an object: `length` bytes from `from` on, or fewer where it ends before.
    pub async fn get(&self, key: &str, from: u64, length: u64) -> Result<GetObjectOutput, Fault> {
        self.client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .range(format!("bytes={from}-{}", from + length - 1))
            .send()
            .await
            .map_err(Fault::of)
    }

    /// The first byte of an object, for what comes with it; `None` where there is no object. Unlike
    /// HEAD, a failure of GET says why, so that a missing bucket is not taken for a missing object.
    pub async fn look(&self, key: &str) -> Result<Option<GetObjectOutput>, Fault> {
        match self.get(key, 0, 1).await {
            Ok(found) => Ok(Some(found)),
            Err(fault) if fault.is_absent() => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

fn config(settings: &Settings) -> Config {
    let patience = settings.patience;
    let credentials = Credentials::new(
        &settings.access_key_id,
        settings.secret_access_key.as_str(),
        None,
        None,
        "settings",
    );
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(credentials)
        .force_path_style(settings.path_style)
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(patience.tries)
                .with_initial_backoff(patience.pause),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(patience.connect)
                .operation_attempt_timeout(patience.answer)
                .build(),
        )
        .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
        // The sealed stream proves every byte, and says so in one way only.
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    config.set_endpoint_url(settings.endpoint.clone());
    config.build()
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("name", &self.name)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
