//! Delivers a letter once per call. A repeat with the same id is the same message.

use std::{fmt, path::PathBuf};

use habeas_domain::Personal;
use lettre::AsyncTransport;
use uuid::Uuid;

use crate::{
    address::Sender,
    error::{MailError, SetupError, Trouble},
    folder,
    letter::Letter,
    message,
    smtp::{self, SmtpSettings},
};

/// The way out for letters, from one sender.
pub struct Mailer {
    sender: Sender,
    way: Way,
}

enum Way {
    Folder(PathBuf),
    Smtp(smtp::Transport),
}

/// What the caller may keep as evidence that the letter went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// With its angle brackets; the same for every delivery of one id.
    pub message_id: String,
}

impl Mailer {
    /// Writes each letter as `<id>.eml` into a folder, which is made when it is missing.
    pub fn folder(folder: impl Into<PathBuf>, sender: Sender) -> Mailer {
        Mailer {
            sender,
            way: Way::Folder(folder.into()),
        }
    }

    /// Hands each letter to a mail server. Connects when there is something to send.
    pub fn smtp(settings: SmtpSettings, sender: Sender) -> Result<Mailer, SetupError> {
        let transport = smtp::connect(settings, sender.domain())?;
        Ok(Mailer {
            sender,
            way: Way::Smtp(transport),
        })
    }

    /// Sends `letter` to `to`. `id` is the letter's own: it names the file and the message, so
    /// that a delivery repeated after a lost answer can be recognised.
    pub async fn deliver(
        &self,
        id: Uuid,
        to: &Personal<String>,
        letter: &Letter,
    ) -> Result<Delivered, MailError> {
        let message = message::build(id, &self.sender, to, letter)?;
        match &self.way {
            Way::Folder(folder) => {
                let (folder, message) = (folder.clone(), message.formatted());
                tokio::task::spawn_blocking(move || folder::write(&folder, id, &message))
                    .await
                    .unwrap_or_else(|stopped| Err(stopped.into()))
                    .map_err(|error| MailError::Transient(Trouble::Folder(error.kind())))?;
            }
            Way::Smtp(transport) => {
                transport
                    .send(message)
                    .await
                    .map_err(|error| smtp::classify(&error))?;
            }
        }
        Ok(Delivered {
            message_id: message::message_id(id, &self.sender),
        })
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match &self.way {
            Way::Folder(_) => "folder",
            Way::Smtp(_) => "smtp",
        };
        f.debug_struct("Mailer")
            .field("way", &way)
            .finish_non_exhaustive()
    }
}
