//! What a person has answered so far. Between pages it travels sealed in a hidden field, so that
//! nothing is stored before it is sent and nothing about the person stands in an address.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use habeas_domain::{Identifier, Personal, Right, personal::revealed, right::Lane};
use habeas_engine::{Channel, Engine, NewRequest, Site};
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Fault, Kind},
    page::Errors,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Answers {
    pub right: Right,
    pub law: String,
    /// Makes a double click one request.
    pub nonce: String,
    #[serde(with = "revealed")]
    pub email: Personal<String>,
    #[serde(with = "revealed")]
    pub name: Personal<String>,
}

/// One page's fields; each page sends its own.
#[derive(Deserialize)]
pub(super) struct Fields {
    pub draft: String,
    right: Option<String>,
    law: Option<String>,
    email: Option<String>,
    name: Option<String>,
}

impl Answers {
    pub fn new(right: Right, law: String) -> Result<Self, Fault> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| Fault::ours(Kind::Internal, error))?;
        Ok(Self {
            right,
            law,
            nonce: URL_SAFE_NO_PAD.encode(nonce),
            email: Personal::default(),
            name: Personal::default(),
        })
    }

    pub async fn seal(&self, engine: &Engine) -> Result<String, Fault> {
        let plain = serde_json::to_vec(self).map_err(|e| Fault::ours(Kind::Internal, e))?;
        Ok(engine.seal_draft(&plain).await?)
    }

    /// Older than a day, from another installation or changed on the way: all the same.
    pub async fn open(engine: &Engine, draft: &str) -> Result<Self, Fault> {
        let plain = engine.open_draft(draft).await?;
        serde_json::from_slice(&plain).map_err(|_| Fault::new(Kind::NotFound))
    }

    /// Opens the draft and takes over what the page asked.
    pub async fn with(engine: &Engine, fields: Fields) -> Result<Self, Fault> {
        let mut answers = Self::open(engine, &fields.draft).await?;
        if let Some(right) = fields.right.and_then(|text| text.parse().ok()) {
            answers.right = right;
        }
        if let Some(law) = fields.law {
            answers.law = law;
        }
        if let Some(email) = fields.email {
            answers.email = Personal::from(email.trim());
        }
        if let Some(name) = fields.name {
            answers.name = Personal::from(name.trim());
        }
        Ok(answers)
    }

    /// What keeps the answers from being sent, in the order of the fields.
    pub fn errors(&self, site: &Site) -> Errors {
        let mut errors = Errors::default();
        if !site.laws.iter().any(|(id, _)| *id == self.law) {
            errors.add("law", "Choose where you live");
        }
        if self.email.reveal().is_empty() {
            errors.add("email", "Type your e-mail address");
        } else if Identifier::email(self.email.reveal()).is_err() {
            errors.add(
                "email",
                "Type an e-mail address in the form name@example.org",
            );
        }
        let name = self.name.reveal();
        if name.chars().count() > 100 || name.chars().any(char::is_control) {
            errors.add("name", "Type a name of at most 100 characters");
        }
        errors
    }

    pub fn open_lane(&self) -> bool {
        self.right.lane() == Lane::Open
    }

    pub fn into_request(self) -> Result<NewRequest, Fault> {
        let email =
            Identifier::email(self.email.reveal()).map_err(habeas_engine::UseCaseError::from)?;
        Ok(NewRequest {
            right: self.right,
            law: Some(self.law),
            identifiers: vec![email],
            name: (!self.name.reveal().is_empty()).then_some(self.name),
            channel: Channel::Portal,
            idempotency_key: Some(format!("portal-{}", self.nonce)),
        })
    }
}
