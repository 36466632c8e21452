//! Where the bucket is, who we are there, and how long we wait for it.

use std::{fmt, time::Duration};

use habeas_vault::BlobName;
use zeroize::Zeroizing;

/// A bucket, or a part of one, that belongs to this vault alone.
#[derive(Clone)]
pub struct Settings {
    /// Such as `https://s3.example.org`; that of AWS for the region when absent.
    pub endpoint: Option<String>,
    /// Part of every signature; servers that know no regions take `us-east-1`.
    pub region: String,
    pub bucket: String,
    /// What all keys begin with, without a slash at the end.
    pub prefix: Option<BlobName>,
    /// `https://endpoint/bucket/key` and not `https://bucket.endpoint/key`.
    pub path_style: bool,
    pub access_key_id: String,
    pub secret_access_key: Zeroizing<String>,
    pub patience: Patience,
}

/// How often and how long a call is tried before it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Tries of one call, the first included.
    pub tries: u32,
    /// Before the second try; doubled, with jitter, before each later one.
    pub pause: Duration,
    /// Until a connection stands.
    pub connect: Duration,
    /// Until one try is answered. A part of 8 MiB has to get through in that time.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 4,
            pause: Duration::from_millis(500),
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(60),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .field("path_style", &self.path_style)
            .finish_non_exhaustive()
    }
}
