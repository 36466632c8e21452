//! A letter as subject and blocks, and its two forms. Both templates walk the same blocks, so text
//! and HTML cannot say different things.

use askama::Template;
use habeas_domain::Personal;

pub(crate) struct Content {
    pub subject: String,
    pub blocks: Vec<Block>,
}

pub(crate) enum Block {
    Text(String),
    /// Set apart, for what the eye looks for first.
    Strong(String),
    List(Vec<String>),
    Link {
        label: &'static str,
        to: Personal<String>,
    },
    Code(Personal<String>),
}

#[derive(Template)]
#[template(path = "letter.txt", escape = "none")]
struct Plain<'a> {
    blocks: &'a [Block],
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    subject: &'a str,
    blocks: &'a [Block],
}

impl Content {
    pub fn plain(&self) -> Result<String, askama::Error> {
        let text = Plain {
            blocks: &self.blocks,
        }
        .render()?;
        Ok(printable(text.trim_end()) + "\n")
    }

    pub fn html(&self) -> Result<String, askama::Error> {
        let html = Html {
            subject: &self.subject,
            blocks: &self.blocks,
        }
        .render()?;
        Ok(printable(&html))
    }
}

/// One kind of line end and no control characters, for text that people typed somewhere.
fn printable(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_keeps_its_lines_and_loses_its_control_characters() {
        assert_eq!(printable("a\r\nb\rc\nd\0\u{1b}[1me"), "a\nb\nc\nd[1me");
    }

    #[test]
    fn typed_text_is_never_markup() {
        let content = Content {
            subject: "<b>".to_owned(),
            blocks: vec![Block::Text(
                "<script>alert(1)</script> & \"more\"".to_owned(),
            )],
        };
        let html = content.html().unwrap();
        assert!(
            !html.contains("<script>") && !html.contains("<b>"),
            "{html}"
        );
        assert!(content.plain().unwrap().starts_with("<script>"));
    }
}
