//! Why a call failed, and who acts next. Only the server's error code is passed on: its messages
//! repeat keys, ids and addresses.

use std::{error::Error, io};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use habeas_vault::{BlobName, Trouble, VaultError};

#[derive(Debug, thiserror::Error)]
#[error("{words}{}", .code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
pub(crate) struct Fault {
    pub trouble: Trouble,
    words: &'static str,
    /// As the server spells it, such as `SlowDown`, or the status when it says nothing.
    pub code: Option<String>,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    pub fn new(trouble: Trouble, words: &'static str) -> Self {
        Self {
            trouble,
            words,
            code: None,
            source: None,
        }
    }

    pub fn of<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(_) | SdkError::ResponseError(_) => {
                let status = error.raw_response().map_or(0, |it| it.status().as_u16());
                Self::answered(status, error.code())
            }
            SdkError::TimeoutError(_) => Self::new(
                Trouble::Transient,
                "the object store does not answer in time",
            ),
            SdkError::ConstructionFailure(_) => {
                Self::new(Trouble::Permanent, "the settings make no request").because(error)
            }
            // A connection that cannot be made or breaks: names, networks, certificates.
            _ => Self::new(Trouble::Transient, "the object store cannot be reached").because(error),
        }
    }

    fn because<E>(mut self, error: SdkError<E, HttpResponse>) -> Self
    where
        E: Error + Send + Sync + 'static,
    {
        self.source = error.into_source().ok();
        self
    }

    /// What the server said.
    pub fn answered(status: u16, code: Option<&str>) -> Self {
        let code = code.filter(|code| {
            code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        let (trouble, words) = judge(status, code.unwrap_or_default());
        Self {
            code: Some(code.map_or_else(|| status.to_string(), str::to_owned)),
            ..Self::new(trouble, words)
        }
    }

    /// There is no such object.
    pub fn is_absent(&self) -> bool {
        matches!(self.code.as_deref(), Some("NoSuchKey" | "NotFound" | "404"))
    }

    /// The server is one that does not have this call.
    pub fn is_unknown_call(&self) -> bool {
        matches!(
            self.code.as_deref(),
            Some("NotImplemented" | "MethodNotAllowed" | "501" | "405")
        )
    }

    pub fn doing(self, doing: &'static str, name: &BlobName) -> VaultError {
        VaultError::io(doing, name.as_str())(self.into())
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        io::Error::new(fault.trouble.kind(), fault)
    }
}

fn judge(status: u16, code: &str) -> (Trouble, &'static str) {
    match (code, status) {
        // Before the statuses: some servers send these with 403.
        ("QuotaExceeded" | "StorageFull" | "XMinioStorageFull" | "InsufficientStorage", _)
        | (_, 507) => (Trouble::Capacity, "the object store is full"),
        ("EntityTooLarge", _) => (
            Trouble::Capacity,
            "the blob is too large for the object store",
        ),
        ("RequestTimeTooSkewed", _) => (
            Trouble::Auth,
            "the clock of this machine is not that of the object store",
        ),
        ("AccessDenied" | "AllAccessDisabled", _) => (
            Trouble::Auth,
            "the object store does not allow this to the access key",
        ),
        (_, 401 | 403) | ("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken", _) => {
            (Trouble::Auth, "the object store refuses the access key")
        }
        ("NoSuchBucket", _) => (Trouble::Permanent, "the bucket does not exist"),
        // Bytes that were garbled on the way may arrive whole the next time.
        ("BadDigest" | "XAmzContentSHA256Mismatch" | "IncompleteBody" | "RequestTimeout", _)
        | (_, 408 | 429) => (Trouble::Transient, "the object store asks to try again"),
        ("NotImplemented", _) | (_, 405 | 501) => (
            Trouble::Permanent,
            "the object store does not know this call",
        ),
        (_, 500..) => (Trouble::Transient, "the object store cannot serve now"),
        // An answer that is none, such as half of one.
        (_, 0..300) => (
            Trouble::Transient,
            "the object store's answer makes no sense",
        ),
        _ => (Trouble::Permanent, "the object store refuses the call"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_who_acts_next() {
        for (status, code, expected) in [
            (503, Some("SlowDown"), Trouble::Transient),
            (500, None, Trouble::Transient),
            (429, None, Trouble::Transient),
            (400, Some("BadDigest"), Trouble::Transient),
            (200, None, Trouble::Transient),
            (403, Some("SignatureDoesNotMatch"), Trouble::Auth),
            (403, None, Trouble::Auth),
            (401, Some("InvalidToken"), Trouble::Auth),
            (403, Some("QuotaExceeded"), Trouble::Capacity),
            (507, None, Trouble::Capacity),
            (404, Some("NoSuchBucket"), Trouble::Permanent),
            (301, Some("PermanentRedirect"), Trouble::Permanent),
            (501, Some("NotImplemented"), Trouble::Permanent),
        ] {
            let fault = Fault::answered(status, code);
            assert_eq!(fault.trouble, expected, "{fault}");
            let carried: io::Error = fault.into();
            assert_eq!(Trouble::of(carried.kind()), expected);
        }
    }

    #[test]
    fn a_code_that_is_none_is_not_repeated() {
        let fault = Fault::answered(400, Some("no key ada@example.org"));
        assert_eq!(fault.to_string(), "the object store refuses the call (400)");
    }
}
