//! Reads the letters of the demo, as the person who gets them would.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::bail;
use mailparse::{MailHeaderMap, ParsedMail};

/// The letters about one request that were not read yet.
pub struct Mailbox {
    folder: PathBuf,
    reference: String,
    base_url: String,
    read: BTreeSet<PathBuf>,
}

/// How long a letter may take, and how often the box is looked into. Letters are written by the
/// worker within a second.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(25);

impl Mailbox {
    pub fn new(folder: PathBuf, reference: &str, base_url: &str) -> Self {
        Self {
            folder,
            reference: reference.to_owned(),
            base_url: base_url.to_owned(),
            read: BTreeSet::new(),
        }
    }

    /// The code of the next letter that has one.
    pub async fn code(&mut self) -> anyhow::Result<String> {
        self.next("a code", |text, _| code_in(text)).await
    }

    /// The path of the next link to the request's own page.
    pub async fn link(&mut self) -> anyhow::Result<String> {
        self.next("a link", link_in).await
    }

    async fn next(
        &mut self,
        what: &str,
        find: impl Fn(&str, &str) -> Option<String>,
    ) -> anyhow::Result<String> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            for path in unread(&self.folder, &self.read)? {
                let Some((subject, text)) = letter(&fs::read(&path)?) else {
                    continue;
                };
                if !subject.contains(&self.reference) {
                    self.read.insert(path);
                } else if let Some(found) = find(&text, &self.base_url) {
                    self.read.insert(path);
                    return Ok(found);
                }
            }
            tokio::time::sleep(LOOK).await;
        }
        bail!("no letter with {what} about {} came", self.reference)
    }
}

fn unread(folder: &Path, read: &BTreeSet<PathBuf>) -> std::io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        // The first letter makes the folder.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "eml") && !read.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Subject and plain text.
fn letter(message: &[u8]) -> Option<(String, String)> {
    let parsed = mailparse::parse_mail(message).ok()?;
    let subject = parsed.headers.get_first_value("Subject")?;
    Some((subject, plain_text(&parsed)?))
}

fn plain_text(part: &ParsedMail<'_>) -> Option<String> {
    if part.ctype.mimetype == "text/plain" {
        return part.get_body().ok();
    }
    part.subparts.iter().find_map(plain_text)
}

/// A line of eight digits and spaces.
fn code_in(text: &str) -> Option<String> {
    let digits = |line: &str| line.chars().filter(|c| *c != ' ').collect::<String>();
    text.lines()
        .map(|line| digits(line.trim()))
        .find(|line| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit()))
}

fn link_in(text: &str, base_url: &str) -> Option<String> {
    text.lines()
        .find_map(|line| line.trim().strip_prefix(base_url))
        .filter(|path| path.starts_with("/r/"))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_line_of_eight_digits() {
        assert_eq!(
            code_in("Hello\n\n    1234 5678\n\nBye").as_deref(),
            Some("12345678")
        );
        assert_eq!(code_in("call 1234 5678 now\n1234\n"), None);
    }

    #[test]
    fn a_link_leads_to_our_own_portal() {
        let text = "See:\nhttp://127.0.0.1:1/r/HB-1/s/abc\n";
        assert_eq!(
            link_in(text, "http://127.0.0.1:1").as_deref(),
            Some("/r/HB-1/s/abc")
        );
        assert_eq!(link_in(text, "http://127.0.0.1:2"), None);
    }
}
