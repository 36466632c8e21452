//! Spans reach a collector, and hold nothing about a person.

mod common;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use common::Company;

/// A collector on loopback: takes what is sent and hands it on, path and body.
fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            thread::spawn(move || {
                while let Some(post) = taken(&stream) {
                    // A test that has ended asks for no more.
                    let _ = sender.send(post);
                }
            });
        }
    });
    (address, received)
}

/// One request of a connection that stays open.
fn taken(stream: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut stream = stream;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .ok()?;
    Some((path, body))
}

/// A process that is ended with the test, however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already when the test went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    stream.read_to_string(&mut String::new()).unwrap();
}

fn contains(body: &[u8], words: &str) -> bool {
    body.windows(words.len())
        .any(|window| window == words.as_bytes())
}

#[test]
fn a_span_of_every_answer_reaches_the_collector_by_its_route_alone() {
    let (collector, received) = collector();
    let company = Company::found();
    company.edit(
        "habeas.toml",
        "[mail]",
        &format!(
            "[web]\nlisten = \"127.0.0.1:0\"\n[operate]\nlog = \"json\"\n\
             [operate.traces]\nendpoint = \"{collector}\"\n[mail]"
        ),
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_habeas"))
        .arg("serve")
        .current_dir(company.folder.path())
        .env_remove("HABEAS_CONFIG")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut running = Running(child);
    let address = loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the process ended");
        // The configuration asks for JSON.
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        if let Some(address) = said["fields"]["address"].as_str() {
            break address.to_owned();
        }
    };
    get(&address, "/r/HB-00000-00000/s/a-secret-capability");
    let pid = running.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    // What is left is sent before the process ends.
    log.read_to_string(&mut String::new()).unwrap();
    assert_eq!(running.0.wait().unwrap().code(), Some(0));

    let sent: Vec<(String, Vec<u8>)> = received.try_iter().collect();
    assert!(!sent.is_empty(), "nothing reached the collector");
    assert!(sent.iter().all(|(path, _)| path == "/v1/traces"));
    let any = |words: &str| sent.iter().any(|(_, body)| contains(body, words));
    assert!(any("service.name") && any("habeas"));
    assert!(
        any("GET /r/{reference}/s/{capability}"),
        "the route is the name of the span"
    );
    assert!(
        !any("a-secret-capability"),
        "a path never leaves the process"
    );
}
