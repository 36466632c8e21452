//! A mail server on loopback that keeps what it is given and refuses when it is told to. It speaks
//! just enough of RFC 5321 for an honest client, and is strict about line ends.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// One message as the server took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The argument of `MAIL FROM`, with brackets and parameters.
    pub from: String,
    /// The arguments of `RCPT TO`.
    pub to: Vec<String>,
    /// The message with its transparency dots taken off (RFC 5321 section 4.5.2).
    pub message: Vec<u8>,
}

/// Where the sink refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Recipient,
    /// After the whole message was sent.
    Message,
}

/// The running server; it stops when dropped.
#[derive(Debug)]
pub struct SmtpSink {
    port: u16,
    kept: Arc<Mutex<Vec<Received>>>,
    server: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy)]
struct Refusal {
    stage: Stage,
    reply: &'static str,
}

impl SmtpSink {
    /// Takes everything.
    pub async fn start() -> SmtpSink {
        SmtpSink::serve(None).await
    }

    /// Answers with `reply` ("550 no such user") at `stage`.
    pub async fn refusing(stage: Stage, reply: &'static str) -> SmtpSink {
        SmtpSink::serve(Some(Refusal { stage, reply })).await
    }

    async fn serve(refusal: Option<Refusal>) -> SmtpSink {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port on loopback");
        let port = listener.local_addr().expect("a bound address").port();
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&kept);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let keep = Arc::clone(&keep);
                // A client that breaks off has its own test failing; nothing to do here.
                tokio::spawn(async move { converse(stream, refusal, &keep).await });
            }
        });
        SmtpSink { port, kept, server }
    }

    /// On 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What was taken so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.kept
            .lock()
            .expect("no test panics while holding it")
            .clone()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn converse(
    stream: TcpStream,
    refusal: Option<Refusal>,
    keep: &Mutex<Vec<Received>>,
) -> std::io::Result<()> {
    let refused_at = |stage| {
        refusal
            .filter(|refusal| refusal.stage == stage)
            .map(|r| r.reply)
    };
    let mut stream = BufReader::new(stream);
    let (mut from, mut to) = (String::new(), Vec::new());
    say(&mut stream, "220 sink").await?;
    while let Some(line) = line(&mut stream).await? {
        let command = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = command
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let argument = command
            .split_once(':')
            .map_or("", |(_, rest)| rest)
            .to_owned();
        let reply = match verb.as_str() {
            "EHLO" | "HELO" => "250 sink",
            "MAIL" => {
                from = argument;
                to.clear();
                "250 ok"
            }
            "RCPT" => match refused_at(Stage::Recipient) {
                Some(reply) => reply,
                None => {
                    to.push(argument);
                    "250 ok"
                }
            },
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                let Some(message) = message(&mut stream).await? else {
                    return Ok(());
                };
                match refused_at(Stage::Message) {
                    Some(reply) => reply,
                    None => {
                        let received = Received {
                            from: from.clone(),
                            to: to.clone(),
                            message,
                        };
                        keep.lock()
                            .expect("no test panics while holding it")
                            .push(received);
                        "250 kept"
                    }
                }
            }
            "RSET" | "NOOP" => "250 ok",
            "QUIT" => return say(&mut stream, "221 bye").await,
            _ => "500 unknown command",
        };
        say(&mut stream, reply).await?;
    }
    Ok(())
}

/// Lines end with CR LF and nothing else does: a bare LF stays inside its line, as it should.
async fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if line.ends_with(b"\r\n") {
            return Ok(Some(line));
        }
    }
}

async fn message(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    while let Some(line) = line(stream).await? {
        match line.as_slice() {
            b".\r\n" => return Ok(Some(message)),
            [b'.', rest @ ..] => message.extend_from_slice(rest),
            whole => message.extend_from_slice(whole),
        }
    }
    Ok(None)
}

async fn say(stream: &mut BufReader<TcpStream>, reply: &str) -> std::io::Result<()> {
    stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    stream.flush().await
}
