//! What `habeas check` says about a vault in a bucket.

mod common;

use common::Company;

const BUCKET: &str = r#"[vault]
kind = "s3"
endpoint = "http://ADDRESS"
bucket = "habeas"
access_key_id = "file:secret"
secret_access_key = "file:secret"
[mail]
"#;

/// What is to be mended when the vault is in a bucket at this address.
fn faults(address: &str) -> String {
    let company = Company::found();
    std::fs::write(company.path("secret"), "hunter2").unwrap();
    company.edit(
        "habeas.toml",
        "[mail]\n",
        &BUCKET.replace("ADDRESS", address),
    );
    let checked = company.run(&["check"]);
    assert_eq!(checked.code, 1, "{checked:?}");
    let shown = format!("{}{}", checked.stdout, checked.stderr);
    assert!(!shown.contains("hunter2"), "{shown}");
    checked
        .stdout
        .lines()
        .filter(|line| line.starts_with("FIX"))
        .collect()
}

#[cfg(not(feature = "s3"))]
#[test]
fn a_bucket_needs_a_binary_that_was_built_for_it() {
    let words =
        "FIX   vault: vault.kind: this habeas was built without S3; build it with '--features s3'";
    assert_eq!(faults("127.0.0.1:1"), words);
}

#[cfg(feature = "s3")]
#[test]
fn a_bucket_is_tried_and_what_is_wrong_is_said() {
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
        thread,
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // Lets nobody in. It ends with the process.
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
            while lines
                .next()
                .is_some_and(|line| line.is_ok_and(|it| !it.is_empty()))
            {}
            let _ = client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let faults = faults(&address);
    let (first, last) = (
        "FIX   vault: cannot write blob check/",
        ": the object store refuses the access key (403)",
    );
    assert!(
        faults.starts_with(first) && faults.ends_with(last),
        "{faults}"
    );
}
