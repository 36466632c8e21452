//! As much of a browser as a person without script needs: pages, forms, and what they lead to.
//!
//! HTTP/1.0, so that an answer ends where the connection does. Only ever spoken to ourselves.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context as _, bail};
use tokio::task::spawn_blocking;

pub struct Browser {
    /// Host and port.
    host: String,
}

#[derive(Debug)]
pub struct Page {
    status: u16,
    location: Option<String>,
    body: Vec<u8>,
}

impl Browser {
    pub fn new(address: &str) -> Self {
        Self {
            host: address.trim_start_matches("http://").to_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Page> {
        self.ask("GET", path, String::new()).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Page> {
        let form: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        self.ask("POST", path, form.join("&")).await
    }

    async fn ask(&self, method: &'static str, path: &str, form: String) -> anyhow::Result<Page> {
        let host = self.host.clone();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n",
            form.len()
        );
        let answer = spawn_blocking(move || -> std::io::Result<Vec<u8>> {
            let mut stream = TcpStream::connect(&host)?;
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            stream.write_all(head.as_bytes())?;
            stream.write_all(form.as_bytes())?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            Ok(answer)
        });
        let answer = answer
            .await?
            .context("the demo's own server does not answer")?;
        // The path may hold a capability and is not repeated.
        Page::parse(answer).context("the demo's own server gave no whole answer")
    }
}

impl Page {
    fn parse(answer: Vec<u8>) -> Option<Page> {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&answer[..end]).ok()?.to_owned();
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header = |wanted: &str| {
            head.lines().skip(1).find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case(wanted)
                    .then(|| value.trim().to_owned())
            })
        };
        let body = answer[end + 4..].to_vec();
        let whole = header("Content-Length").is_none_or(|length| length == body.len().to_string());
        whole.then(|| Page {
            status,
            location: header("Location"),
            body,
        })
    }

    fn expect(self, status: u16, doing: &str) -> anyhow::Result<Page> {
        if self.status != status {
            bail!("{doing}: the portal answered {}", self.status);
        }
        Ok(self)
    }

    /// The body of a page that is what was asked for.
    pub fn body(self, doing: &str) -> anyhow::Result<Vec<u8>> {
        Ok(self.expect(200, doing)?.body)
    }

    pub fn text(self, doing: &str) -> anyhow::Result<String> {
        String::from_utf8(self.body(doing)?).with_context(|| format!("{doing}: no text"))
    }

    /// Where a form that was taken leads to.
    pub fn next(self, doing: &str) -> anyhow::Result<String> {
        let page = self.expect(303, doing)?;
        page.location
            .with_context(|| format!("{doing}: the answer leads nowhere"))
    }
}

/// The value of a hidden field; ours hold nothing that HTML escapes.
pub fn hidden<'a>(html: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let mark = format!("name=\"{name}\" value=\"");
    html.split_once(&mark)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(value, _)| value)
        .with_context(|| format!("the form has no field '{name}'"))
}

/// As a form sends it.
fn escaped(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value
        .bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_sent_as_forms_are() {
        assert_eq!(escaped("Zoë & co+1"), "Zo%C3%AB%20%26%20co%2B1");
        let form = "<input type=\"hidden\" name=\"draft\" value=\"a-b_c\">";
        assert_eq!(hidden(form, "draft").unwrap(), "a-b_c");
        assert!(hidden(form, "csrf").is_err());
    }

    #[test]
    fn an_answer_that_was_cut_is_no_answer() {
        let whole = b"HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nabc".to_vec();
        assert_eq!(
            Page::parse(whole.clone()).unwrap().body("x").unwrap(),
            b"abc"
        );
        assert!(Page::parse(whole[..whole.len() - 1].to_vec()).is_none());
    }
}
