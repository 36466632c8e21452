//! Invented letters, and a reader of delivered mail that shares no code with what wrote it.

#![allow(dead_code)] // Each test file uses its own part of this.

use habeas_domain::{Personal, Right};
use habeas_mail::*;
use jiff::civil::date;
use uuid::Uuid;

pub fn sender() -> Sender {
    Sender::new("Example Shop", "privacy@shop.example").unwrap()
}

pub fn to() -> Personal<String> {
    Personal::from("ada@example.com")
}

pub fn link() -> Personal<String> {
    Personal::from("https://shop.example/privacy/requests/HB-7K2M-94QX?token=aBc.-_123=4")
}

pub fn about() -> About {
    About {
        controller: "Example Shop".into(),
        reference: "HB-7K2M-94QX".into(),
        right: Right::Access,
        contact: "privacy@shop.example".into(),
    }
}

/// One of each, under the name it is stored by.
pub fn letters() -> Vec<(&'static str, Letter)> {
    let with = |right| About { right, ..about() };
    let until = date(2026, 12, 21);
    vec![
        (
            "acknowledge",
            Letter::Acknowledge(Acknowledge {
                about: about(),
                due: date(2026, 12, 7),
                status: link(),
            }),
        ),
        (
            "code",
            Letter::Code(Code {
                about: about(),
                code: Personal::from("12345678"),
                minutes: 10,
            }),
        ),
        (
            "ready",
            Letter::Ready(Ready {
                about: about(),
                status: link(),
                until,
                gaps: vec!["The archive did not answer. We keep trying.".into()],
            }),
        ),
        (
            "erased",
            Letter::Erased(Erased {
                about: with(Right::Erasure),
                kept: vec!["Invoices: tax law says that we keep them for ten years.".into()],
                gaps: vec![],
                status: link(),
                until,
            }),
        ),
        (
            "opted_out",
            Letter::OptedOut(OptedOut {
                about: with(Right::OptOut),
                gaps: vec![],
                status: link(),
            }),
        ),
        (
            "refused",
            Letter::Refused(Refused {
                about: with(Right::Erasure),
                reasons: vec!["You have an order that is not delivered yet.".into()],
                remedies: vec![
                    "Ask us again after the delivery.".into(),
                    "Complain to your data protection authority.".into(),
                    "Go to court.".into(),
                ],
            }),
        ),
        (
            "withdrawn",
            Letter::Withdrawn(Withdrawn {
                about: with(Right::Erasure),
            }),
        ),
        (
            "due_soon",
            Letter::DueSoon(DueSoon {
                requests: vec![
                    Due {
                        reference: "HB-7K2M-94QX".into(),
                        right: Right::Access,
                        due: date(2026, 11, 20),
                        days_left: -3,
                    },
                    Due {
                        reference: "HB-22AA-33BB".into(),
                        right: Right::OptOut,
                        due: date(2026, 11, 23),
                        days_left: 0,
                    },
                    Due {
                        reference: "HB-55CC-66DD".into(),
                        right: Right::Erasure,
                        due: date(2026, 11, 24),
                        days_left: 1,
                    },
                ],
            }),
        ),
    ]
}

/// Delivers into a folder of its own and reads the one file there.
pub async fn delivered(letter: &Letter) -> Mail {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Mailer::folder(folder.path(), sender());
    mailer
        .deliver(Uuid::from_u128(7), &to(), letter)
        .await
        .unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(files.len(), 1);
    Mail::read(&std::fs::read(files[0].path()).unwrap())
}

/// A message taken apart by the letter of RFC 5322 and RFC 2046; panics on anything unusual.
#[derive(Debug)]
pub struct Mail {
    /// Unfolded, in order.
    pub headers: Vec<(String, String)>,
    /// Decoded bodies with their content types, in order.
    pub parts: Vec<(String, String)>,
}

impl Mail {
    pub fn read(bytes: &[u8]) -> Mail {
        assert!(bytes.is_ascii(), "raw bytes beyond ASCII");
        let text = std::str::from_utf8(bytes).unwrap();
        let bare = text.replace("\r\n", "");
        assert!(
            !bare.contains(['\r', '\n', '\0']),
            "a line end that is not CR LF, or a NUL"
        );
        assert!(
            text.split("\r\n").all(|line| line.len() <= 998),
            "a line too long for SMTP"
        );

        let (headers, body) = head_and_body(text);
        let mail = Mail {
            headers,
            parts: Vec::new(),
        };
        let kind = mail.header("Content-Type").to_owned();
        let (_, boundary) = kind.split_once("boundary=\"").expect("a multipart message");
        let mark = format!("--{}", boundary.trim_end_matches('"'));
        let lines: Vec<&str> = body.split("\r\n").collect();
        let marks: Vec<usize> = (0..lines.len())
            .filter(|&i| lines[i].starts_with(&mark))
            .collect();
        assert_eq!(marks.len(), 3, "two parts and an end");
        assert_eq!(lines[marks[2]], format!("{mark}--"));
        let parts = marks.windows(2).map(|part| {
            let (headers, body) = head_and_body(&lines[part[0] + 1..part[1]].join("\r\n"));
            let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["Content-Type", "Content-Transfer-Encoding"]);
            assert_eq!(headers[1].1, "quoted-printable");
            (headers[0].1.clone(), decode(&body))
        });
        Mail {
            parts: parts.collect(),
            ..mail
        }
    }

    pub fn names(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub fn header(&self, name: &str) -> &str {
        let found: Vec<_> = self.headers.iter().filter(|(n, _)| n == name).collect();
        assert_eq!(found.len(), 1, "{name} once");
        &found[0].1
    }

    pub fn plain(&self) -> &str {
        assert_eq!(self.parts[0].0, "text/plain; charset=utf-8");
        &self.parts[0].1
    }

    pub fn html(&self) -> &str {
        assert_eq!(self.parts[1].0, "text/html; charset=utf-8");
        &self.parts[1].1
    }
}

fn head_and_body(text: &str) -> (Vec<(String, String)>, String) {
    let (head, body) = text
        .split_once("\r\n\r\n")
        .expect("a blank line after the headers");
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let headers = unfolded.split("\r\n").map(|line| {
        let (name, value) = line.split_once(": ").expect("a header line");
        (name.to_owned(), value.to_owned())
    });
    (headers.collect(), body.to_owned())
}

/// Quoted-printable, RFC 2045 section 6.7.
fn decode(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'=' {
            let hex = std::str::from_utf8(&after[..2]).unwrap();
            bytes.push(u8::from_str_radix(hex, 16).expect("two hex digits after ="));
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    let text = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
    // The line end before a boundary belongs to the boundary.
    format!("{}\n", text.trim_end_matches('\n'))
}

/// What a reader of the HTML sees; enough for our own templates.
pub fn without_markup(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
        text.push(' ');
    }
    text.replace("&#38;", "&")
        .replace("&#39;", "'")
        .replace("&#34;", "\"")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
}
