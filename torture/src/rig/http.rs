//! As much of an HTTP client as the swarm needs, and the one thing that a good client cannot do:
//! break off in the middle.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A call, ready to be sent any number of times.
#[derive(Debug, Clone)]
pub struct Call {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Call {
    pub fn get(path: impl Into<String>) -> Call {
        Call {
            method: "GET",
            path: path.into(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    pub fn json(path: impl Into<String>, body: &serde_json::Value) -> Call {
        Call {
            method: "POST",
            path: path.into(),
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }

    pub fn form(path: impl Into<String>, fields: &[(&str, &str)]) -> Call {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        let kind = "application/x-www-form-urlencoded".to_owned();
        Call {
            method: "POST",
            path: path.into(),
            headers: vec![("Content-Type", kind)],
            body: fields.join("&"),
        }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Call {
        self.headers.push((name, value.into()));
        self
    }

    /// As it crosses the wire. HTTP/1.0: an answer ends where its connection does.
    fn bytes(&self, host: &str) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.0\r\nHost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("Content-Length: {}\r\n\r\n{}", self.body.len(), self.body);
        text.into_bytes()
    }

    /// Bytes of the whole call.
    pub fn length(&self, host: &str) -> usize {
        self.bytes(host).len()
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Answer> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?.to_owned();
        let status = head.lines().next()?.split(' ').nth(1)?.parse().ok()?;
        let body = bytes[end + 4..].to_vec();
        let answer = Answer { status, head, body };
        let announced = answer.header("content-length");
        let whole = announced.is_none_or(|length| length == answer.body.len().to_string());
        whole.then_some(answer)
    }

    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Longer than the server's own limit for a whole request, so that its own answer comes first.
const PATIENCE: Duration = Duration::from_secs(40);

/// The answer, whole.
///
/// # Errors
/// When the connection failed or broke; whether the call arrived is not known then.
pub async fn ask(host: &str, call: &Call) -> io::Result<Answer> {
    let bytes = tokio::time::timeout(PATIENCE, async {
        let mut stream = TcpStream::connect(host).await?;
        stream.write_all(&call.bytes(host)).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        io::Result::Ok(answer)
    });
    Answer::parse(&bytes.await??).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Sends the first `bytes` of a call and goes away without a word.
pub async fn break_off(host: &str, call: &Call, bytes: usize) -> io::Result<()> {
    let whole = call.bytes(host);
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(&whole[..bytes.min(whole.len())]).await?;
    // A reset and not an orderly end: the peer is gone.
    stream.set_zero_linger()
}

/// The value of a hidden field; ours hold nothing that HTML escapes.
pub fn hidden(html: &str, name: &str) -> Option<String> {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = html.split_once(&mark)?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

fn escaped(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let escape = |byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    value.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_cut_is_no_answer() {
        let whole = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(Answer::parse(whole).unwrap().body, b"abc");
        assert!(Answer::parse(&whole[..whole.len() - 1]).is_none());
    }
}
