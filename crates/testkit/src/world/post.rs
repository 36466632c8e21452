//! Letters from the mail folder, read as a mail program reads them.

use std::{fs, path::Path};

use mailparse::{MailHeaderMap, ParsedMail};

/// A letter as it lies in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    /// The plain text part.
    pub text: String,
}

impl Letter {
    /// The eight digits of a code letter.
    pub fn code(&self) -> String {
        let digits = |word: &&str| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
        let words: Vec<&str> = self.text.split_whitespace().collect();
        words
            .windows(2)
            .find(|pair| pair.iter().all(digits))
            .map(|pair| pair.concat())
            .expect("the letter holds a code")
    }

    /// The link to the status page, if the letter has one.
    pub fn link(&self) -> Option<String> {
        let word = self
            .text
            .split_whitespace()
            .find(|word| word.contains("/s/"))?;
        Some(word.trim_end_matches('.').to_owned())
    }
}

/// Every letter of a folder, in the order in which they were written: names are UUIDv7.
pub fn letters(folder: &Path) -> Vec<Letter> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let bytes = fs::read(path).expect("a readable letter");
            let mail = mailparse::parse_mail(&bytes).expect("a letter is mail");
            let header = |name| mail.headers.get_first_value(name).unwrap_or_default();
            Letter {
                to: header("To"),
                subject: header("Subject"),
                text: plain(&mail).expect("a letter has plain text"),
            }
        })
        .collect()
}

fn plain(mail: &ParsedMail<'_>) -> Option<String> {
    if mail.ctype.mimetype == "text/plain" {
        return mail.get_body().ok();
    }
    mail.subparts.iter().find_map(plain)
}
