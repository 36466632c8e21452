//! One letter as one MIME message that carries exactly the headers listed here.

use habeas_domain::Personal;
use lettre::{
    Message,
    message::{
        Body, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0},
    },
};
use uuid::Uuid;

use crate::{
    address::{Sender, recipient},
    error::MailError,
    letter::Letter,
};

/// `<id@domain>`: the same for every attempt, so that a reader or an archive can see a repeat.
pub(crate) fn message_id(id: Uuid, sender: &Sender) -> String {
    format!("<{id}@{}>", sender.domain())
}

pub(crate) fn build(
    id: Uuid,
    sender: &Sender,
    to: &Personal<String>,
    letter: &Letter,
) -> Result<Message, MailError> {
    let to = recipient(to.reveal())?;
    let content = letter.words()?;
    let plain = content
        .plain()
        .map_err(|_| MailError::BadLetter("template"))?;
    let html = content
        .html()
        .map_err(|_| MailError::BadLetter("template"))?;
    let parts = MultiPart::alternative()
        // `=_` never occurs in quoted-printable text, so no letter can end its own part.
        .boundary(format!("=_{}", id.simple()))
        .singlepart(part(ContentType::TEXT_PLAIN, plain)?)
        .singlepart(part(ContentType::TEXT_HTML, html)?);
    Message::builder()
        .from(sender.mailbox())
        .to(to)
        .subject(content.subject)
        .message_id(Some(message_id(id, sender)))
        // RFC 3834: robots must not answer a robot.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .header(MIME_VERSION_1_0)
        .multipart(parts)
        .map_err(|_| MailError::BadLetter("headers"))
}

/// Always quoted-printable, also where the library would choose to send the text as it is.
fn part(kind: ContentType, text: String) -> Result<SinglePart, MailError> {
    let body = Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable)
        .map_err(|_| MailError::BadLetter("text"))?;
    Ok(SinglePart::builder().header(kind).body(body))
}
