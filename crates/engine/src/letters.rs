//! Which letter goes out, as a step of its own: queued in the transaction that gives cause.

use habeas_domain::{Personal, RequestId, Right, personal::revealed};
use habeas_mail::{About, Letter};
use habeas_storage::{
    Tx, access,
    requests::Request,
    steps::{self, NewStep, Verb},
};
use habeas_vault::DataKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Capability, Engine, UseCaseError,
    engine::{MAIL, seal},
    secret,
};

pub(crate) const PURPOSE_LETTER: &str = "letter";

/// What a letter step needs: sealed in its row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Addressed {
    #[serde(with = "revealed")]
    pub to: Personal<String>,
    pub letter: Letter,
}

impl Engine {
    pub(crate) fn about(&self, reference: &str, right: Right) -> About {
        About {
            controller: self.0.site.controller.clone(),
            reference: reference.to_owned(),
            right,
            contact: self.0.site.contact.clone(),
        }
    }

    /// The status page of a request for whoever holds the capability.
    pub(crate) fn status_link(&self, reference: &str, capability: &Capability) -> Personal<String> {
        Personal::from(format!(
            "{}/r/{reference}/s/{}",
            self.0.site.base_url,
            capability.0.reveal()
        ))
    }

    /// A fresh capability for a request; older ones stay valid.
    pub(crate) fn grant(
        &self,
        tx: &mut Tx<'_>,
        request: RequestId,
        now: Timestamp,
    ) -> Result<Capability, UseCaseError> {
        let (token, hash) = secret::token()?;
        access::grant(tx, request, &hash, now)?;
        Ok(Capability(token))
    }

    /// Queues a letter. `slot` makes it one of its kind: the same slot is never queued twice.
    pub(crate) fn queue_letter(
        &self,
        tx: &mut Tx<'_>,
        key: &DataKey,
        request: &Request,
        slot: &str,
        to: &Personal<String>,
        letter: Letter,
    ) -> Result<(), UseCaseError> {
        self.queue_letter_for(tx, key, request.id, request.due_at, slot, to, letter)
    }

    /// As [`Engine::queue_letter`], for a request whose row is only just being written.
    #[allow(
        clippy::too_many_arguments,
        reason = "one value each, all of them different types"
    )]
    pub(crate) fn queue_letter_for(
        &self,
        tx: &mut Tx<'_>,
        key: &DataKey,
        request: RequestId,
        due_at: Timestamp,
        slot: &str,
        to: &Personal<String>,
        letter: Letter,
    ) -> Result<(), UseCaseError> {
        let payload = seal(
            key,
            PURPOSE_LETTER,
            &Addressed {
                to: to.clone(),
                letter,
            },
        )?;
        steps::enqueue(
            tx,
            &NewStep {
                id: habeas_domain::StepId::fresh(),
                request,
                store: MAIL.to_owned(),
                verb: Verb::Letter,
                slot: slot.to_owned(),
                due_at,
                not_before: None,
                payload: Some(payload),
            },
        )?;
        Ok(())
    }
}
