//! The long-running processes: they answer, they say so, and they end when told to.

mod common;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStderr, Command, Stdio},
};

use common::Company;
use serde_json::Value;

/// A process that is ended with the test, however the test ends.
struct Running {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already when the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(company: &Company, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_habeas"))
            .args(args)
            .arg("--json")
            .current_dir(company.folder.path())
            .env_remove("HABEAS_CONFIG")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// Reads the log until it says where the process listens.
    fn address(&mut self) -> String {
        self.said("address")
    }

    fn said(&mut self, field: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.log.read_line(&mut line).unwrap(),
                0,
                "the process ended"
            );
            let said: Value = serde_json::from_str(&line).unwrap();
            if let Some(address) = said["fields"][field].as_str() {
                return address.to_owned();
            }
        }
    }

    fn told_to_stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        // The log is read to its end, so that nobody waits for room in the pipe.
        self.log.read_to_string(&mut String::new()).unwrap();
        self.child.wait().unwrap().code()
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn served() -> Company {
    let company = Company::found();
    company.edit(
        "habeas.toml",
        "[mail]",
        "[web]\nlisten = \"127.0.0.1:0\"\n[mail]",
    );
    company
}

#[test]
fn the_portal_is_served_until_the_process_is_told_to_stop() {
    let company = served();
    let mut running = Running::start(&company, &["serve"]);
    let address = running.address();
    assert!(get(&address, "/readyz").starts_with("HTTP/1.0 200"));
    assert!(get(&address, "/").contains("Larch &#38; Linen"));
    let letters = get(&address, "/demo/mail");
    assert!(
        letters.starts_with("HTTP/1.0 404"),
        "letters are the demo's alone: {letters}"
    );
    assert_eq!(running.told_to_stop(), Some(0));
}

#[test]
fn a_second_process_on_the_same_file_is_refused_and_check_says_why() {
    let company = served();
    let mut running = Running::start(&company, &["serve", "--no-worker"]);
    running.address();
    let refused = company.run(&["work", "--until-idle"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("is in use by another process"),
        "{}",
        refused.stderr
    );
    let checked = company.run(&["check"]).well().stdout;
    assert!(
        checked.contains("note  database: in use by a running process"),
        "{checked}"
    );
    assert_eq!(running.told_to_stop(), Some(0));
}

#[test]
fn metrics_are_served_where_the_operator_says_and_nowhere_else() {
    let company = served();
    company.edit(
        "habeas.toml",
        "[mail]",
        "[operate]\nlisten = \"127.0.0.1:0\"\n[mail]",
    );
    for command in ["serve", "work"] {
        let mut running = Running::start(&company, &[command]);
        let public = (command == "serve").then(|| running.address());
        let operator = running.said("operate.address");
        let metrics = get(&operator, "/metrics");
        assert!(metrics.contains("habeas_database_up 1\n"), "{metrics}");
        assert!(metrics.contains("habeas_workers "), "{metrics}");
        assert!(get(&operator, "/readyz").starts_with("HTTP/1.0 200"));
        assert!(get(&operator, "/console").starts_with("HTTP/1.0 404"));
        if let Some(public) = public {
            assert!(get(&public, "/metrics").starts_with("HTTP/1.0 404"));
        }
        assert_eq!(running.told_to_stop(), Some(0));
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let company = served();
    company.edit("habeas.toml", "127.0.0.1:0", &address);
    let refused = company.run(&["serve"]);
    assert_eq!(refused.code, 1);
    let expected = format!("error: cannot listen on {address}: ");
    assert!(refused.stderr.contains(&expected), "{}", refused.stderr);
}

#[test]
fn the_demo_stays_open_for_clicking() {
    let company = Company::found();
    let mut child = Command::new(env!("CARGO_BIN_EXE_habeas"))
        .args(["demo", "--folder", "demo"])
        .current_dir(company.folder.path())
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let log = BufReader::new(child.stderr.take().unwrap());
    let running = Running { child, log };
    let mut line = String::new();
    while !line.contains("letters  http://") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "the demo ended");
    }
    let (_, rest) = line.split_once("http://").unwrap();
    let (address, _) = rest.split_once('/').unwrap();
    assert!(get(address, "/demo/mail").contains("HB-"));
    assert!(get(address, "/console").starts_with("HTTP/1.0 303"));
    assert_eq!(running.told_to_stop(), Some(0));
}
