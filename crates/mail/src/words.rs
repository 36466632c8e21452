//! What each letter says: one function per letter. Short sentences, the news first, nothing about
//! the person beyond what the letter is for.

use habeas_domain::{Personal, Right, right::Lane};
use jiff::civil::Date;

use crate::{
    content::{Block, Content},
    error::MailError,
    letter::*,
};

impl Letter {
    /// Puts the letter into words, or names the field that makes it unfit to send.
    pub(crate) fn words(&self) -> Result<Content, MailError> {
        let content = match self {
            Letter::Acknowledge(letter) => acknowledge(letter)?,
            Letter::Code(letter) => code(letter)?,
            Letter::Ready(letter) => ready(letter)?,
            Letter::Erased(letter) => erased(letter)?,
            Letter::OptedOut(letter) => opted_out(letter)?,
            Letter::Refused(letter) => refused(letter)?,
            Letter::Withdrawn(letter) => withdrawn(letter),
            Letter::DueSoon(letter) => due_soon(letter)?,
        };
        // The subject is a header; references are the only text from outside in it.
        if content.subject.chars().any(char::is_control) {
            return Err(MailError::BadLetter("reference"));
        }
        Ok(content)
    }
}

fn acknowledge(letter: &Acknowledge) -> Result<Content, MailError> {
    let about = &letter.about;
    let due = in_words(letter.due);
    let mut blocks = vec![text(format!(
        "{} has your request. You asked for {}.",
        about.controller,
        asked_for(about.right)
    ))];
    match about.right.lane() {
        // Whoever believes that nothing is left to do never types the code.
        Lane::Verified => blocks.extend([
            strong("One thing is left to do: type the code that we send you in another letter."),
            text(format!(
                "It shows us that this address is yours. Once you have typed it, you will have our answer by {due}."
            )),
        ]),
        Lane::Open => blocks.extend([
            strong(format!("You will have our answer by {due}.")),
            text(
                "You do not need to do anything now. If we need something from you, we will write to this address.",
            ),
        ]),
    }
    blocks.push(link("See how far your request is", &letter.status)?);
    blocks.push(only_for_you());
    Ok(to_subject(about, "We have your request", blocks))
}

fn code(letter: &Code) -> Result<Content, MailError> {
    let about = &letter.about;
    let digits = letter.code.reveal();
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MailError::BadLetter("code"));
    }
    let (left, right) = digits.split_at(4);
    Ok(to_subject(
        about,
        "Your code",
        vec![
            text(format!(
                "Someone asked {} for {} and gave this address.",
                about.controller,
                asked_for(about.right)
            )),
            text(
                "If that was you, type this code on the page that asks for it. It shows us that this address is yours:",
            ),
            Block::Code(Personal::new(format!("{left} {right}"))),
            text(format!(
                "The code works for {} minutes and only once.",
                letter.minutes
            )),
            strong(
                "Never give this code to anybody. We will never ask you for it by phone, by mail or in a message.",
            ),
            text(
                "If it was not you, do nothing. Without this code nobody gets any further, and nobody gets your data.",
            ),
        ],
    ))
}

fn ready(letter: &Ready) -> Result<Content, MailError> {
    let about = &letter.about;
    let mut blocks = vec![
        text(format!(
            "You asked {} for {}. The answer is ready.",
            about.controller,
            asked_for(about.right)
        )),
        link("Get your answer", &letter.status)?,
        strong(format!(
            "You can download it until {}.",
            in_words(letter.until)
        )),
        only_for_you(),
        text("Before the download we send a code to this address, to be sure that it is you."),
        text("What you download holds your personal data. Keep it in a safe place."),
    ];
    list(&mut blocks, "Some data is missing:", &letter.gaps);
    Ok(to_subject(about, "Your answer is ready", blocks))
}

fn erased(letter: &Erased) -> Result<Content, MailError> {
    let about = &letter.about;
    // Whoever reads only the first line must not believe more than is true.
    let (news, result) = match (letter.gaps.is_empty(), letter.kept.is_empty()) {
        (true, true) => ("Your data is deleted", "It is done."),
        (true, false) => (
            "Your data is deleted, with exceptions",
            "It is done, with exceptions.",
        ),
        (false, _) => ("Your data is deleted in part", "It is done in part."),
    };
    let mut blocks = vec![text(format!(
        "You asked {} for {}. {result}",
        about.controller,
        asked_for(about.right)
    ))];
    list(&mut blocks, "We could not delete this:", &letter.gaps);
    list(&mut blocks, "We had to keep this:", &letter.kept);
    // What the person can do about the rest stands in the receipt, since the law decides it.
    blocks.push(text(if letter.gaps.is_empty() && letter.kept.is_empty() {
        "The receipt lists every system we searched and what happened there."
    } else {
        "The receipt lists every system we searched and what happened there. It also says what you can do if you do not agree."
    }));
    blocks.push(link("Get your receipt", &letter.status)?);
    blocks.push(strong(format!(
        "You can download it until {}.",
        in_words(letter.until)
    )));
    blocks.push(only_for_you());
    blocks.push(text(
        "Before the download we send a code to this address, to be sure that it is you.",
    ));
    Ok(to_subject(about, news, blocks))
}

fn opted_out(letter: &OptedOut) -> Result<Content, MailError> {
    let about = &letter.about;
    // As with an erasure, the first line must not say more than is true.
    let (news, result) = if letter.gaps.is_empty() {
        (
            "Your choice is in force",
            "It is done. Your choice is in force wherever we found data about you.",
        )
    } else {
        (
            "Your choice is not in force everywhere",
            "It is not done everywhere.",
        )
    };
    let mut blocks = vec![
        text(format!(
            "You asked {} for {}.",
            about.controller,
            asked_for(about.right)
        )),
        strong(result),
    ];
    list(&mut blocks, "It is not in force here:", &letter.gaps);
    blocks.extend([
        text("You do not need to prove who you are, and you do not need to do anything else."),
        link("See the result in each system", &letter.status)?,
        only_for_you(),
    ]);
    Ok(to_subject(about, news, blocks))
}

fn refused(letter: &Refused) -> Result<Content, MailError> {
    let about = &letter.about;
    // A refusal without reasons or remedies would be unlawful; it must not go out.
    if letter.reasons.is_empty() {
        return Err(MailError::BadLetter("reasons"));
    }
    if letter.remedies.is_empty() {
        return Err(MailError::BadLetter("remedies"));
    }
    Ok(to_subject(
        about,
        "We cannot do what you asked",
        vec![
            text(format!(
                "You asked {} for {}. We cannot do this.",
                about.controller,
                asked_for(about.right)
            )),
            strong("Why"),
            Block::List(letter.reasons.clone()),
            strong("What you can do"),
            Block::List(letter.remedies.clone()),
        ],
    ))
}

fn withdrawn(letter: &Withdrawn) -> Content {
    let about = &letter.about;
    to_subject(
        about,
        "Your request is withdrawn",
        vec![
            text(format!(
                "You asked {} for {}, and then took the request back.",
                about.controller,
                asked_for(about.right)
            )),
            strong("We have stopped. Nothing more will happen."),
            text(
                "You can ask again whenever you like. If you did not take the request back, please tell us.",
            ),
        ],
    )
}

fn due_soon(letter: &DueSoon) -> Result<Content, MailError> {
    let first = letter
        .requests
        .first()
        .ok_or(MailError::BadLetter("requests"))?;
    let lines = letter.requests.iter().map(|due| {
        format!(
            "{}: {}, due {}, {}",
            due.reference,
            due.right.as_str().replace('_', " "),
            in_words(due.due),
            days_left(due.days_left)
        )
    });
    let subject = match letter.requests.len() {
        1 => format!("Due soon: request {}", first.reference),
        more => format!("Due soon: {more} requests"),
    };
    Ok(Content {
        subject,
        blocks: vec![
            text("These requests are not answered yet:"),
            Block::List(lines.collect()),
            text("Open the console to see what each one waits for."),
        ],
    })
}

/// The frame of every letter to a subject: the news in the subject, reference and help at the end.
fn to_subject(about: &About, news: &str, mut blocks: Vec<Block>) -> Content {
    blocks.push(text(format!("Your reference is {}.", about.reference)));
    blocks.push(text(format!(
        "Questions? Contact {}: {}",
        about.controller, about.contact
    )));
    Content {
        subject: format!("{news} ({})", about.reference),
        blocks,
    }
}

fn text(text: impl Into<String>) -> Block {
    Block::Text(text.into())
}

fn only_for_you() -> Block {
    text("This link is only for you. Anyone who has it can see your request.")
}

fn strong(text: impl Into<String>) -> Block {
    Block::Strong(text.into())
}

/// A heading and its list, or nothing when there is nothing to list.
fn list(blocks: &mut Vec<Block>, heading: &str, items: &[String]) {
    if !items.is_empty() {
        blocks.push(text(heading));
        blocks.push(Block::List(items.to_vec()));
    }
}

fn link(label: &'static str, to: &Personal<String>) -> Result<Block, MailError> {
    let address = to.reveal();
    let web = address.starts_with("https://") || address.starts_with("http://");
    if !web || address.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(MailError::BadLetter("link"));
    }
    Ok(Block::Link {
        label,
        to: to.clone(),
    })
}

/// Completes "you asked for …".
fn asked_for(right: Right) -> &'static str {
    match right {
        Right::Access => "a copy of your data",
        Right::Portability => "a copy of your data to take elsewhere",
        Right::Erasure => "the deletion of your data",
        Right::Rectification => "a correction of your data",
        Right::OptOut => "an end to the sale and sharing of your data",
        Right::Limit => "a limit on the use of your sensitive data",
        Right::Restriction => "a pause in the use of your data",
        Right::Objection => "an end to a use of your data, such as its sale or sharing",
        Right::AutomatedDecision => "a person to look at an automated decision",
        Right::Complaint => "an answer to your complaint",
        Right::Appeal => "a second look at our decision",
    }
}

fn in_words(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

fn days_left(days: i64) -> String {
    let plural = |days: i64| if days == 1 { "" } else { "s" };
    match days {
        0 => "today is the last day".to_owned(),
        1.. => format!("{days} day{} left", plural(days)),
        ..0 => format!("{} day{} late", days.unsigned_abs(), plural(-days)),
    }
}
