//! How a use case can fail, by who acts next.

use habeas_domain::{identifier::BadIdentifier, phase::WrongPhase};

/// Failure of a use case. Whoever maps this to HTTP does so in one exhaustive match.
#[derive(Debug, thiserror::Error)]
pub enum UseCaseError {
    /// The caller sent something that cannot be taken; `field` names where.
    #[error("{field}: {message}")]
    Invalid {
        field: &'static str,
        message: String,
    },
    /// There is no such request, step or file, or the caller may not know of it.
    #[error("not found")]
    NotFound,
    /// The request has moved on, or is not there yet.
    #[error(transparent)]
    WrongPhase(#[from] WrongPhase),
    /// The plan is not the one that was looked at.
    #[error("the plan has changed since it was read; look at it again")]
    PlanChanged,
    /// The `Idempotency-Key` was used before with another content.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// Wrong, used or expired code. The three are not told apart.
    #[error("the code is wrong or has expired")]
    BadCode,
    /// Too many wrong codes: a new one has to be asked for.
    #[error("too many tries; ask for a new code")]
    TooManyTries,
    /// Wrong login or password.
    #[error("wrong login or password")]
    BadLogin,
    /// Somebody else changed the same thing at the same moment.
    #[error("changed by somebody else at the same moment; look again")]
    Stale,
    /// Our own database, vault or keys cannot serve now.
    #[error("temporarily unavailable")]
    Unavailable(#[source] BoxError),
    /// A bug or a broken installation.
    #[error("internal error")]
    Internal(#[source] BoxError),
}

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl From<BadIdentifier> for UseCaseError {
    fn from(error: BadIdentifier) -> Self {
        UseCaseError::Invalid {
            field: match error {
                BadIdentifier::Kind => "kind",
                BadIdentifier::Email => "email",
                BadIdentifier::Text => "identifier",
            },
            message: error.to_string(),
        }
    }
}

impl From<habeas_storage::DbError> for UseCaseError {
    fn from(error: habeas_storage::DbError) -> Self {
        use habeas_storage::DbError as Db;
        match error {
            Db::NotFound => UseCaseError::NotFound,
            Db::Stale | Db::Fenced => UseCaseError::Stale,
            Db::Retry(_) | Db::Unavailable(_) => UseCaseError::Unavailable(Box::new(error)),
            Db::Conflict(_) | Db::Corrupt { .. } | Db::Statement(_) => {
                UseCaseError::Internal(Box::new(error))
            }
        }
    }
}

impl From<habeas_vault::VaultError> for UseCaseError {
    fn from(error: habeas_vault::VaultError) -> Self {
        use habeas_vault::VaultError as Vault;
        match error {
            // Destroyed with the data that it sealed.
            Vault::NoKey { .. } | Vault::NoBlob { .. } => UseCaseError::NotFound,
            Vault::Io { .. } | Vault::NoRandomness(_) => UseCaseError::Unavailable(Box::new(error)),
            Vault::Exposed { .. }
            | Vault::NotAKey { .. }
            | Vault::Unopenable
            | Vault::BadName(_) => UseCaseError::Internal(Box::new(error)),
        }
    }
}
