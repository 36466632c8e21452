//! A request comes in, and its asker proves to be the subject.
//!
//! Whether or not anybody is known under an address, the answer is the same: a request is
//! recorded, and a code goes to that address and nowhere else. Whoever returns the code controls
//! the address, and everything that happens later is found by that address.

use habeas_domain::{
    IdentifierKind, Personal, Phase, RequestId, Right,
    law::{Clock, Facts, LawError, Received},
    personal::revealed,
    phase::IdentityProof,
    plan::Verb,
    right::Lane,
};
use habeas_mail::{Acknowledge, Code, Letter};
use habeas_storage::{
    ReadTx, Tx,
    access::{self, Purpose},
    audit::{self, Fact},
    identifiers,
    requests::{self, NewRequest as NewRow, Request},
};
use habeas_vault::DataKey;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Capability, Engine, NewRequest, Reference, Submitted, UseCaseError,
    engine::{blocking, internal, open, open_identifier, seal},
    flow, secret,
};

/// How long a code counts.
pub(crate) const CODE_MINUTES: u32 = 10;
const CODE_TRIES: i64 = 5;
/// Codes for one request and purpose within a day: guessing more is hopeless, and a mailbox is
/// not flooded.
const CODES_A_DAY: i64 = 5;
/// Requests with one address within a day that still lead to letters.
const LETTERS_A_DAY: usize = 5;

pub(crate) const PURPOSE_PERSON: &str = "person";

/// What is kept about the asker beside the identifiers.
#[derive(Serialize, Deserialize)]
pub(crate) struct Person {
    #[serde(with = "revealed")]
    pub name: Personal<String>,
}

impl Engine {
    /// Records a request with its clock, its acknowledgement and its first steps, all in one
    /// transaction: what was answered is never lost.
    pub async fn submit(&self, new: NewRequest) -> Result<Submitted, UseCaseError> {
        let now = self.now();
        let clock = self.clock_for(&new, now)?;
        let (due, due_at) = clock
            .due
            .zip(clock.due_at)
            .ok_or_else(|| internal("a fresh clock is never paused"))?;
        check_identifiers(&new)?;
        let id = RequestId::fresh();
        let reference = Reference::from_random(secret::random()?);
        let keyring = self.0.keyring.clone();
        // The key before the row that needs it: a key without a row is harmless.
        let key = blocking(move || Ok(keyring.create(id.uuid())?)).await?;
        let person = Person {
            name: new.name.clone().unwrap_or_default(),
        };
        let row = NewRow {
            id,
            reference: reference.to_string(),
            right: new.right,
            channel: serde_json::to_value(new.channel)
                .ok()
                .and_then(|word| word.as_str().map(str::to_owned))
                .ok_or_else(|| internal("a channel is a word"))?,
            law_profile: clock.profile.clone(),
            law_version: clock.version.to_string(),
            clock: serde_json::to_string(&clock).map_err(internal)?,
            received_at: now,
            due_on: due,
            due_at,
            person: seal(&key, PURPOSE_PERSON, &person)?,
            idempotency: self.idempotency(&new),
        };
        let code = fresh_code().await?;
        let engine = self.clone();
        let idempotency = row.idempotency.clone();
        let recorded = self
            .write(move |tx| engine.record(tx, &row, &new, &key, code, now))
            .await;
        match (recorded, idempotency) {
            // The same call may have won a race against this one and hold the key by now.
            (Err(UseCaseError::Internal(error)), Some(idempotency)) => self
                .read(move |tx| earlier(tx, &idempotency))
                .await?
                .ok_or(UseCaseError::Internal(error)),
            (recorded, _) => recorded,
        }
    }

    /// The rights that can be asked for under a law today, in the order of the law's file.
    pub fn offered(&self, law: &str) -> Vec<Right> {
        let profile = self.0.law.profile(law, self.today());
        let rules = profile.iter().flat_map(|profile| profile.rules());
        rules
            .map(|rule| rule.right)
            .filter(|right| Verb::of(*right).is_some())
            .collect()
    }

    fn clock_for(&self, new: &NewRequest, now: Timestamp) -> Result<Clock, UseCaseError> {
        let invalid = |field, message| UseCaseError::Invalid { field, message };
        if Verb::of(new.right).is_none() {
            return Err(invalid(
                "right",
                format!(
                    "'{}' cannot be asked for here; write to {}",
                    new.right, self.0.site.contact
                ),
            ));
        }
        let law = new.law.as_deref().unwrap_or(&self.0.site.default_law);
        if !self.0.site.laws.iter().any(|(id, _)| id == law) {
            return Err(invalid(
                "law",
                "this law profile is not offered here".to_owned(),
            ));
        }
        self.0
            .law
            .clock(
                law,
                new.right,
                None,
                Some(&self.0.site.timezone),
                &Facts::received(Received::Instant(now)),
            )
            .map_err(|error| match error {
                LawError::NoSuchRight { .. } => invalid(
                    "right",
                    format!("'{}' is no right under this law; choose another", new.right),
                ),
                other => internal(other),
            })
    }

    /// Keyed hash of the idempotency key, and a digest of what came with it. Neither can be turned
    /// back into what the person sent.
    fn idempotency(&self, new: &NewRequest) -> Option<(Vec<u8>, Vec<u8>)> {
        let key = new.idempotency_key.as_ref()?;
        let mut digest = Sha256::new();
        digest.update(new.right.as_str());
        digest.update(new.law.as_deref().unwrap_or_default());
        for identifier in &new.identifiers {
            digest.update(self.blind(identifier));
        }
        let content = digest.finalize().to_vec();
        Some((self.0.blind.index("idempotency", key).to_vec(), content))
    }

    fn record(
        &self,
        tx: &mut Tx<'_>,
        row: &NewRow,
        new: &NewRequest,
        key: &DataKey,
        code: FreshCode,
        now: Timestamp,
    ) -> Result<Submitted, UseCaseError> {
        if let Some(idempotency) = &row.idempotency
            && let Some(submitted) = earlier(tx, idempotency)?
        {
            return Ok(submitted);
        }
        requests::insert(tx, row)?;
        let address = &new.identifiers[0];
        let before = identifiers::requests_with(tx, &address.kind, &self.blind(address))?;
        let recent = recent(tx, &before, now)?;
        for identifier in &new.identifiers {
            let sealed = self.seal_identifier(key, row.id, identifier, "asked")?;
            identifiers::add(tx, &sealed)?;
        }
        let request = requests::get(tx, row.id)?;
        audit::record(
            tx,
            &Fact {
                request: Some(row.id),
                step: None,
                actor: "subject".to_owned(),
                event: "request.submitted",
                detail: format!(
                    "{} was asked for under {} by {}; due {}",
                    row.right, row.law_profile, row.channel, row.due_on
                ),
            },
            now,
        )?;
        if recent < LETTERS_A_DAY {
            self.first_letters(tx, &request, key, &address.value, code, now)?;
        } else {
            audit::record(
                tx,
                &Fact {
                    request: Some(row.id),
                    step: None,
                    actor: "engine".to_owned(),
                    event: "letter.withheld",
                    detail: "too many requests for this address today; no letter was sent".into(),
                },
                now,
            )?;
        }
        if row.right.lane() == Lane::Open {
            self.begin_search(tx, &request, IdentityProof::NotAsked, now)?;
        }
        submitted(&request)
    }

    fn first_letters(
        &self,
        tx: &mut Tx<'_>,
        request: &Request,
        key: &DataKey,
        to: &Personal<String>,
        code: FreshCode,
        now: Timestamp,
    ) -> Result<(), UseCaseError> {
        let capability = self.grant(tx, request.id, now)?;
        let letter = Letter::Acknowledge(Acknowledge {
            about: self.about(&request.reference, request.right),
            due: request.due_on,
            status: self.status_link(&request.reference, &capability),
        });
        self.queue_letter(tx, key, request, "acknowledge", to, letter)?;
        if request.right.lane() == Lane::Verified {
            self.queue_code(tx, key, request, Purpose::Identity, to, code, now)?;
        }
        Ok(())
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one value each, all of them different types"
    )]
    pub(crate) fn queue_code(
        &self,
        tx: &mut Tx<'_>,
        key: &DataKey,
        request: &Request,
        purpose: Purpose,
        to: &Personal<String>,
        code: FreshCode,
        now: Timestamp,
    ) -> Result<(), UseCaseError> {
        let day_ago = now - SignedDuration::from_hours(24);
        if access::sent_since(tx, request.id, purpose, day_ago)? >= CODES_A_DAY {
            return Ok(());
        }
        let until = now + SignedDuration::from_mins(i64::from(CODE_MINUTES));
        access::challenge(tx, request.id, purpose, &code.salt, &code.hash, now, until)?;
        let slot = format!("code-{}-{}", purpose.as_str(), now.as_microsecond());
        let letter = Letter::Code(Code {
            about: self.about(&request.reference, request.right),
            code: code.code,
            minutes: CODE_MINUTES,
        });
        self.queue_letter(tx, key, request, &slot, to, letter)
    }

    /// Moves a request to the search: one step for each store.
    pub(crate) fn begin_search(
        &self,
        tx: &mut Tx<'_>,
        request: &Request,
        proof: IdentityProof,
        now: Timestamp,
    ) -> Result<(), UseCaseError> {
        let phase = request.phase.clone().verify(proof, now)?;
        let request = requests::advance(tx, request, &phase, now)?;
        let round = flow::next_round(tx, request.id)?;
        for store in self.0.connectors.keys() {
            flow::enqueue_locate(tx, &request, store.as_str(), round)?;
        }
        flow::settle(tx, request.id, now)
    }

    /// Sends a fresh code if the request still waits for one. Tells nothing, whatever the case.
    pub async fn send_code(&self, reference: &Reference) -> Result<(), UseCaseError> {
        let (now, engine, reference) = (self.now(), self.clone(), reference.clone());
        let code = fresh_code().await?;
        self.write(move |tx| {
            let Ok(request) = requests::by_reference(tx, reference.as_str()) else {
                return Ok(());
            };
            let request = requests::lock(tx, request.id)?;
            if request.phase != Phase::Received || request.right.lane() == Lane::Open {
                return Ok(());
            }
            let key = engine.key(request.id)?;
            let to = engine.address(tx, &key, request.id)?;
            engine.queue_code(tx, &key, &request, Purpose::Identity, &to, code, now)
        })
        .await
    }

    /// Takes the code back from the subject and begins the search. Gives out a capability, because
    /// whoever knows the code reads the mailbox.
    pub async fn confirm(
        &self,
        reference: &Reference,
        code: &str,
    ) -> Result<Capability, UseCaseError> {
        let (id, challenge) = self.try_code(reference, Purpose::Identity, code).await?;
        let (now, engine) = (self.now(), self.clone());
        self.write(move |tx| {
            access::end_challenge(tx, &challenge, now)?;
            let request = requests::lock(tx, id)?;
            let kind = IdentifierKind::email();
            identifiers::prove(tx, id, &kind, now)?;
            audit::record(
                tx,
                &Fact {
                    request: Some(id),
                    step: None,
                    actor: "subject".to_owned(),
                    event: "identity.confirmed",
                    detail: "a code sent to the e-mail address came back".to_owned(),
                },
                now,
            )?;
            let proof = IdentityProof::CodeReturned {
                identifier_kind: kind.to_string(),
            };
            engine.begin_search(tx, &request, proof, now)?;
            engine.grant(tx, id, now)
        })
        .await
    }

    /// Checks a code. The try is counted and committed before the code is compared, so that no
    /// crash and no race gives more than five.
    pub(crate) async fn try_code(
        &self,
        reference: &Reference,
        purpose: Purpose,
        code: &str,
    ) -> Result<(RequestId, String), UseCaseError> {
        let (now, reference) = (self.now(), reference.clone());
        let found = self
            .write(move |tx| {
                let Ok(request) = requests::by_reference(tx, reference.as_str()) else {
                    return Ok(None);
                };
                let Some(challenge) = access::open_challenge(tx, request.id, purpose)? else {
                    return Ok(None);
                };
                if challenge.expires_at <= now {
                    return Ok(None);
                }
                if challenge.tries >= CODE_TRIES {
                    return Ok(Some(Err(UseCaseError::TooManyTries)));
                }
                access::count_try(tx, &challenge.id)?;
                Ok(Some(Ok((request.id, challenge))))
            })
            .await?;
        let typed = secret::typed_code(code);
        let (id, challenge) = match found {
            Some(found) => found?,
            None => {
                // The same work as for a real code, so that time tells nothing either.
                blocking(|| secret::code_hash("00000000", &[0; 16])).await?;
                return Err(UseCaseError::BadCode);
            }
        };
        let typed = typed.unwrap_or_default();
        let (salt, expected) = (challenge.salt, challenge.code_hash);
        let hash = blocking(move || secret::code_hash(&typed, &salt)).await?;
        if secret::same(&hash, &expected) {
            Ok((id, challenge.id))
        } else {
            Err(UseCaseError::BadCode)
        }
    }

    /// The address that letters of this request go to.
    pub(crate) fn address(
        &self,
        tx: &mut ReadTx<'_>,
        key: &DataKey,
        request: RequestId,
    ) -> Result<Personal<String>, UseCaseError> {
        let first = identifiers::of_request(tx, request)?
            .into_iter()
            .find(|identifier| {
                identifier.source == "asked" && identifier.kind == IdentifierKind::email()
            })
            .ok_or(UseCaseError::NotFound)?;
        Ok(open_identifier(key, &first)?.value.clone())
    }

    pub(crate) fn person(&self, key: &DataKey, sealed: &[u8]) -> Result<Person, UseCaseError> {
        open(key, PURPOSE_PERSON, sealed)
    }
}

fn check_identifiers(new: &NewRequest) -> Result<(), UseCaseError> {
    let email = IdentifierKind::email();
    match new.identifiers.first() {
        Some(first) if first.kind == email => {}
        Some(_) | None => {
            return Err(UseCaseError::Invalid {
                field: "identifiers",
                message: "the first identifier must be an e-mail address that we can write to"
                    .to_owned(),
            });
        }
    }
    // Only what was proven may search in the verified lane, and a code proves one address.
    if new.right.lane() == Lane::Verified && new.identifiers.len() > 1 {
        return Err(UseCaseError::Invalid {
            field: "identifiers",
            message: "give one e-mail address; further identifiers are found from it".to_owned(),
        });
    }
    if new.name.as_ref().is_some_and(|name| {
        name.reveal().len() > 200 || name.reveal().chars().any(char::is_control)
    }) {
        return Err(UseCaseError::Invalid {
            field: "name",
            message: "a name has at most 200 characters on one line".to_owned(),
        });
    }
    Ok(())
}

fn recent(tx: &mut Tx<'_>, earlier: &[RequestId], now: Timestamp) -> Result<usize, UseCaseError> {
    let day_ago = now - SignedDuration::from_hours(24);
    let mut count = 0;
    for id in earlier.iter().take(LETTERS_A_DAY) {
        if requests::get(tx, *id)?.received_at >= day_ago {
            count += 1;
        }
    }
    Ok(count)
}

/// The answer that an idempotency key already has; refused when it came with something else.
fn earlier(
    tx: &mut ReadTx<'_>,
    (key, digest): &(Vec<u8>, Vec<u8>),
) -> Result<Option<Submitted>, UseCaseError> {
    match requests::by_idempotency_key(tx, key)? {
        None => Ok(None),
        Some((earlier, with)) if with == *digest => submitted(&earlier).map(Some),
        Some(_) => Err(UseCaseError::KeyReused),
    }
}

fn submitted(request: &Request) -> Result<Submitted, UseCaseError> {
    Ok(Submitted {
        id: request.id,
        reference: request.reference.parse().map_err(internal)?,
        right: request.right,
        received_at: request.received_at,
        due: request.due_on,
        needs_code: needs_code(request.right),
    })
}

fn needs_code(right: Right) -> bool {
    right.lane() == Lane::Verified
}

/// A code with its hash, made before the transaction because hashing it is slow on purpose.
pub(crate) struct FreshCode {
    code: Personal<String>,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

pub(crate) async fn fresh_code() -> Result<FreshCode, UseCaseError> {
    blocking(|| {
        let code = secret::code()?;
        let salt = secret::random::<16>()?.to_vec();
        let hash = secret::code_hash(code.reveal(), &salt)?;
        Ok(FreshCode { code, salt, hash })
    })
    .await
}
