//! Officers: sign-in, sessions, and how they are made.

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use habeas_domain::{OfficerId, Personal};
use habeas_storage::officers::{self, OfficerRow};
use jiff::SignedDuration;

use crate::{
    Engine, Officer, Session, SignedIn, UseCaseError,
    engine::{blocking, internal},
    secret,
};

const SESSION_HOURS: i64 = 12;
const IDLE_MINUTES: i64 = 60;
/// Wrong passwords in a row before a login has to wait.
const FREE_FAILURES: i64 = 5;
const LOCK_MINUTES: i64 = 15;
const SHORTEST_PASSWORD: usize = 12;

/// Argon2id with 19 MiB and 2 passes (OWASP password storage cheat sheet).
fn hasher() -> Result<Argon2<'static>, UseCaseError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &Personal<String>) -> Result<String, UseCaseError> {
    Ok(hasher()?
        .hash_password(password.reveal().as_bytes())
        .map_err(|e| internal(e.to_string()))?
        .to_string())
}

fn matches(password: &Personal<String>, stored: &str) -> Result<bool, UseCaseError> {
    let parsed = PasswordHash::new(stored).map_err(|e| internal(e.to_string()))?;
    Ok(hasher()?
        .verify_password(password.reveal().as_bytes(), &parsed)
        .is_ok())
}

impl Engine {
    /// Makes an officer. The password has at least 12 characters.
    pub async fn add_officer(
        &self,
        login: &str,
        name: &str,
        password: &Personal<String>,
    ) -> Result<Officer, UseCaseError> {
        let invalid = |field, message: &str| UseCaseError::Invalid {
            field,
            message: message.to_owned(),
        };
        if password.reveal().chars().count() < SHORTEST_PASSWORD {
            return Err(invalid("password", "a password has at least 12 characters"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_@+".contains(c);
        if login.is_empty() || login.len() > 100 || !login.chars().all(plain) {
            return Err(invalid(
                "login",
                "a login has 1 to 100 letters, digits and . - _ @ +",
            ));
        }
        let password = password.clone();
        let row = OfficerRow {
            id: OfficerId::fresh(),
            login: login.to_owned(),
            name: name.to_owned(),
            password_hash: blocking(move || hash(&password)).await?,
            disabled: false,
        };
        let officer = officer(&row);
        let now = self.now();
        let added = self
            .0
            .db
            .write(move |tx| officers::add(tx, &row, now))
            .await;
        match added {
            Ok(()) => Ok(officer),
            Err(habeas_storage::DbError::Conflict(_)) => {
                Err(invalid("login", "an officer with this login exists"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Checks login and password and opens a session. After five wrong passwords in a row a login
    /// waits fifteen minutes, whether it exists or not.
    pub async fn sign_in(
        &self,
        login: &str,
        password: &Personal<String>,
    ) -> Result<SignedIn, UseCaseError> {
        let now = self.now();
        let login_hash = self.0.blind.index("login", login).to_vec();
        let (login, asked) = (login.to_owned(), login_hash.clone());
        let (fails, last, found) = self
            .read(move |tx| {
                let (fails, last) = officers::failures(tx, &asked)?;
                Ok((fails, last, officers::by_login(tx, &login)?))
            })
            .await?;
        let locked_until = last.map(|at| at + SignedDuration::from_mins(LOCK_MINUTES));
        if fails >= FREE_FAILURES && locked_until.is_some_and(|until| now < until) {
            return Err(UseCaseError::TooManyTries);
        }
        let found = found.filter(|row| !row.disabled);
        let password = password.clone();
        let stored = found.as_ref().map(|row| row.password_hash.clone());
        let right = blocking(move || match stored {
            Some(stored) => matches(&password, &stored),
            // The same work, so that time does not tell whether the login exists.
            None => hash(&password).map(|_| false),
        })
        .await?;
        let Some(row) = found.filter(|_| right) else {
            self.write(move |tx| Ok(officers::count_failure(tx, &login_hash, now)?))
                .await?;
            return Err(UseCaseError::BadLogin);
        };
        let (token, token_hash) = secret::token()?;
        let (csrf, _) = secret::token()?;
        let csrf = csrf.reveal().clone();
        let (id, kept_csrf) = (row.id, csrf.clone());
        self.write(move |tx| {
            let until = now + SignedDuration::from_hours(SESSION_HOURS);
            officers::forget_failures(tx, &login_hash)?;
            Ok(officers::open_session(
                tx,
                &token_hash,
                id,
                &kept_csrf,
                now,
                until,
            )?)
        })
        .await?;
        Ok(SignedIn {
            officer: officer(&row),
            token,
            csrf,
        })
    }

    /// What a session cookie stands for, while it does.
    pub async fn session(&self, token: &str) -> Result<Option<Session>, UseCaseError> {
        let (now, hash) = (self.now(), secret::token_hash(token));
        let idle_since = now - SignedDuration::from_mins(IDLE_MINUTES);
        self.write(move |tx| {
            let found = officers::session(tx, &hash, now, idle_since)?;
            Ok(found.map(|(row, csrf)| Session {
                officer: officer(&row),
                csrf,
            }))
        })
        .await
    }

    pub async fn sign_out(&self, token: &str) -> Result<(), UseCaseError> {
        let hash = secret::token_hash(token);
        self.write(move |tx| Ok(officers::close_session(tx, &hash)?))
            .await
    }
}

fn officer(row: &OfficerRow) -> Officer {
    Officer {
        id: row.id,
        login: row.login.clone(),
        name: row.name.clone(),
    }
}
