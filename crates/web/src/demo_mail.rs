//! `/demo/mail`: the letters of the demo, so that its codes and links can be read. Only routed when
//! a folder is configured, and never meant for real letters: anybody can read the page.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use actix_web::{
    HttpResponse,
    web::{self, Data, ServiceConfig},
};
use askama::Template;
use habeas_engine::Engine;
use mailparse::{MailHeaderMap, ParsedMail};

use crate::{
    fault::{Fault, Kind},
    page::{self, Frame},
    settings::WebSettings,
    words::{Local, When},
};

/// More letters than this are not shown.
const MOST_LETTERS: usize = 100;

pub(crate) fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/demo/mail").route(web::get().to(show)));
}

#[derive(Template)]
#[template(path = "demo_mail.html")]
struct MailPage {
    frame: Frame,
    letters: Vec<Letter>,
}

#[derive(Debug)]
struct Letter {
    subject: String,
    to: String,
    written: SystemTime,
    when: Option<When>,
    lines: Vec<Line>,
}

#[derive(Debug, PartialEq)]
enum Line {
    Text(String),
    /// To a page of this site.
    Link(String),
}

async fn show(engine: Data<Engine>, settings: Data<WebSettings>) -> Result<HttpResponse, Fault> {
    let folder = settings
        .mail_page
        .clone()
        .ok_or_else(|| Fault::new(Kind::NotFound))?;
    let base_url = engine.site().base_url.clone();
    let read = web::block(move || letters(&folder, &base_url)).await;
    let mut letters = read
        .map_err(|error| Fault::ours(Kind::Internal, error))?
        .map_err(|error| Fault::ours(Kind::Internal, error))?;
    let local = Local::new(&engine.site().timezone);
    for letter in &mut letters {
        letter.when = jiff::Timestamp::try_from(letter.written)
            .ok()
            .map(|at| local.when(at));
    }
    page::ok(&MailPage {
        frame: Frame::of(&engine),
        letters,
    })
}

/// The newest first. A folder that is not there yet has no letters.
fn letters(folder: &Path, base_url: &str) -> io::Result<Vec<Letter>> {
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.path().extension().is_some_and(|end| end == "eml") {
            files.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    files.sort_unstable_by(|a, b| b.cmp(a));
    files.truncate(MOST_LETTERS);
    let mut letters = Vec::new();
    for (written, file) in files {
        letters.push(letter(&fs::read(file)?, written, base_url));
    }
    Ok(letters)
}

/// A message that cannot be read is shown as such: in a demo that is worth seeing.
fn letter(message: &[u8], written: SystemTime, base_url: &str) -> Letter {
    let unreadable = || Line::Text("This letter cannot be read.".to_owned());
    let parsed = mailparse::parse_mail(message);
    let header = |name| {
        let parsed = parsed.as_ref().ok()?;
        parsed.headers.get_first_value(name)
    };
    let text = parsed.as_ref().ok().and_then(plain_text);
    Letter {
        subject: header("Subject").unwrap_or_else(|| "(no subject)".to_owned()),
        to: header("To").unwrap_or_default(),
        written,
        when: None,
        lines: text.map_or_else(
            || vec![unreadable()],
            |text| text.lines().map(|each| line(each, base_url)).collect(),
        ),
    }
}

fn plain_text(part: &ParsedMail<'_>) -> Option<String> {
    if part.subparts.is_empty() {
        let plain = part.ctype.mimetype == "text/plain";
        return plain.then(|| part.get_body().ok()).flatten();
    }
    part.subparts.iter().find_map(plain_text)
}

/// Only an address of this site becomes a link, and only its path is kept: a letter may have been
/// written with another port or host name in mind.
fn line(text: &str, base_url: &str) -> Line {
    match text.trim().strip_prefix(base_url.trim_end_matches('/')) {
        Some(path) if path.starts_with('/') && !path.contains(char::is_whitespace) => {
            Line::Link(path.to_owned())
        }
        Some(_) | None => Line::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"From: Shop <privacy@shop.example>\r\n\
To: ada@example.com\r\n\
Subject: =?utf-8?B?SEItWFhYWFgtWFhYWFg6IGRhcyBpc3Qgc2Now7Zu?=\r\n\
MIME-Version: 1.0\r\n\
Content-Type: multipart/alternative; boundary=\"=_x\"\r\n\r\n\
--=_x\r\nContent-Type: text/plain; charset=utf-8\r\n\
Content-Transfer-Encoding: quoted-printable\r\n\r\n\
Sch=C3=B6n, a long=\r\n line.\r\nhttp://127.0.0.1:8080/r/HB-XXXXX-XXXXX/s/abc\r\n\
--=_x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>no</p>\r\n--=_x--\r\n";

    #[test]
    fn a_letter_is_shown_decoded_with_its_link() {
        let letter = letter(MESSAGE, SystemTime::UNIX_EPOCH, "http://127.0.0.1:8080/");
        assert_eq!(letter.subject, "HB-XXXXX-XXXXX: das ist schön");
        assert_eq!(letter.to, "ada@example.com");
        assert_eq!(letter.lines[0], Line::Text("Schön, a long line.".into()));
        assert_eq!(
            letter.lines[1],
            Line::Link("/r/HB-XXXXX-XXXXX/s/abc".into())
        );
    }

    #[test]
    fn no_other_address_becomes_a_link() {
        let base = "http://127.0.0.1:8080";
        for text in [
            "http://127.0.0.1:8080.evil.example/",
            "http://evil.example/",
            "javascript:alert(1)",
        ] {
            assert_eq!(line(text, base), Line::Text(text.to_owned()));
        }
    }

    #[test]
    fn letters_are_listed_newest_first_and_other_files_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let hour = std::time::Duration::from_secs(3600);
        for (age, name) in [
            (3, "old.eml"),
            (1, "new.eml"),
            (2, "middle.eml"),
            (0, "note.txt"),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, format!("Subject: {name}\r\n\r\nText")).unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::now() - age * hour).unwrap();
        }
        let subjects: Vec<_> = letters(folder.path(), "http://x")
            .unwrap()
            .into_iter()
            .map(|letter| letter.subject)
            .collect();
        assert_eq!(subjects, ["new.eml", "middle.eml", "old.eml"]);
        assert!(
            letters(&folder.path().join("none"), "http://x")
                .unwrap()
                .is_empty()
        );
    }
}
