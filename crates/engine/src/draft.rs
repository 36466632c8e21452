//! Answers on their way between two pages of a form, sealed in the page itself: nothing is kept
//! on the server, and nothing personal stands in a URL.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};

use crate::{Engine, UseCaseError};

const PURPOSE: &str = "draft";
const VALID_HOURS: i64 = 24;

impl Engine {
    /// Seals the answers given so far; base64url text, valid for 24 hours.
    pub async fn seal_draft(&self, plain: &[u8]) -> Result<String, UseCaseError> {
        let until = self.now() + SignedDuration::from_hours(VALID_HOURS);
        let mut dated = until.as_second().to_be_bytes().to_vec();
        dated.extend_from_slice(plain);
        let sealed = self.0.root.seal(PURPOSE, &dated)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Engine::seal_draft`] sealed; `Invalid` when it was changed or is too old.
    pub async fn open_draft(&self, text: &str) -> Result<Vec<u8>, UseCaseError> {
        let stale = || UseCaseError::Invalid {
            field: "draft",
            message: "these answers have expired; please begin again".to_owned(),
        };
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| stale())?;
        let dated = self.0.root.open(PURPOSE, &sealed).map_err(|_| stale())?;
        let (until, plain) = dated.split_first_chunk::<8>().ok_or_else(stale)?;
        let until = Timestamp::from_second(i64::from_be_bytes(*until)).map_err(|_| stale())?;
        if until < self.now() {
            return Err(stale());
        }
        Ok(plain.to_vec())
    }
}
