//! The mail server of the world and everybody's mailbox. Letters arrive over a wire that can lose
//! what the server says to them.

use std::io;

use habeas_testkit::smtp::{SmtpSink, Stage};
use mailparse::{MailHeaderMap as _, ParsedMail};

use super::wire::Wire;

/// A letter as it lies in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub message_id: String,
    pub subject: String,
    pub to: String,
    pub text: String,
}

impl Letter {
    /// A line of eight digits and spaces.
    pub fn code(&self) -> Option<String> {
        let digits = |line: &str| line.chars().filter(|c| *c != ' ').collect::<String>();
        self.text
            .lines()
            .map(|line| digits(line.trim()))
            .find(|line| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The path of the status page that the letter leads to.
    pub fn link(&self) -> Option<String> {
        self.text.lines().find_map(|line| {
            let (_, path) = line.trim().split_once("://")?.1.split_once('/')?;
            path.contains("/s/").then(|| format!("/{path}"))
        })
    }

    /// Whether the letter is about this request.
    pub fn is_about(&self, reference: &str) -> bool {
        self.subject.contains(reference) || self.text.contains(reference)
    }
}

/// What the mail server does with a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Takes,
    /// 451 after the whole letter: later.
    Later,
    /// 550 for every recipient: never.
    Never,
}

#[derive(Debug)]
pub struct Post {
    takes: SmtpSink,
    later: SmtpSink,
    never: SmtpSink,
    pub wire: Wire,
}

impl Post {
    pub async fn open() -> io::Result<Post> {
        let takes = SmtpSink::start().await;
        let wire = Wire::to(takes.port()).await?;
        Ok(Post {
            takes,
            later: SmtpSink::refusing(Stage::Message, "451 come back later").await,
            never: SmtpSink::refusing(Stage::Recipient, "550 no such user").await,
            wire,
        })
    }

    pub fn set(&self, mood: Mood) {
        let sink = match mood {
            Mood::Takes => &self.takes,
            Mood::Later => &self.later,
            Mood::Never => &self.never,
        };
        self.wire.lead_to(sink.port());
    }

    /// Every letter that was taken, oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        let received = self.takes.received();
        received
            .iter()
            .filter_map(|received| read(&received.message))
            .collect()
    }

    /// The first letter that `wanted` finds something in; waits for it.
    pub async fn find<T>(&self, wanted: impl Fn(&[Letter]) -> Option<T>) -> T {
        // A letter is in the box before the server's answer to it crosses the wire.
        let mut passed = self.wire.passed();
        loop {
            passed.borrow_and_update();
            if let Some(found) = wanted(&self.letters()) {
                return found;
            }
            if passed.changed().await.is_err() {
                // The wire lives as long as this does.
                std::future::pending::<()>().await;
            }
        }
    }
}

fn read(message: &[u8]) -> Option<Letter> {
    let mail = mailparse::parse_mail(message).ok()?;
    let header = |name| mail.headers.get_first_value(name).unwrap_or_default();
    Some(Letter {
        message_id: header("Message-ID"),
        subject: header("Subject"),
        to: header("To"),
        text: plain(&mail)?,
    })
}

fn plain(part: &ParsedMail<'_>) -> Option<String> {
    if part.ctype.mimetype == "text/plain" {
        return part.get_body().ok();
    }
    part.subparts.iter().find_map(plain)
}
