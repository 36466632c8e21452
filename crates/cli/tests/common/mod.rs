//! A small company for one test: the demo's two stores with a few people, its maps, its
//! configuration, and the binary to run on it.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use mailparse::MailHeaderMap;
use rusqlite::Connection;
use tempfile::TempDir;

/// What a run of `habeas` said.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub fn well(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }
}

/// Runs the binary in a folder.
pub fn habeas(folder: &Path, args: &[&str]) -> Ran {
    habeas_with(folder, args, "")
}

/// The same, with something on standard input.
pub fn habeas_with(folder: &Path, args: &[&str], input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_habeas"))
        .args(args)
        .current_dir(folder)
        .env_remove("HABEAS_CONFIG")
        .env_remove("RUST_LOG")
        .env("TMPDIR", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().expect("the process ended by itself"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub struct Company {
    pub folder: TempDir,
}

const SHOP: &str = include_str!("../../src/demo/schema/shop.sql");
const SUPPORT: &str = include_str!("../../src/demo/schema/support.sql");

const CONFIG: &str = r#"
[site]
controller = "Larch & Linen"
base_url = "http://127.0.0.1:8080"
contact = "privacy@larch-and-linen.example"
timezone = "Europe/Berlin"
default_law = "eu"
[database]
sqlite = "habeas.db"
[mail]
sender = "privacy@larch-and-linen.example"
folder = "letters"
[[stores]]
connector = "sqlite"
path = "shop.db"
map = "shop.yaml"
[[stores]]
connector = "sqlite"
path = "support.db"
map = "support.yaml"
"#;

impl Company {
    pub fn found() -> Self {
        let company = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let people =
            "insert into customer (id, customer_no, email, full_name, password_hash, joined_on)
            values (1, 'L1', 'ada@example.org', 'Ada', 'x', '2024-01-01'),
                   (2, 'L2', 'ben@example.org', 'Ben', 'x', '2024-01-01');";
        let contacts = "insert into contact (id, full_name, email, shop_customer_no, created_at)
            values (1, 'Ada', 'ADA@Example.ORG', null, '2024-01-01'),
                   (2, 'Ada, who called', null, 'L1', '2024-01-01'),
                   (3, 'Ben', 'ben@example.org', null, '2024-01-01');";
        for (file, schema, rows) in [("shop.db", SHOP, people), ("support.db", SUPPORT, contacts)] {
            let connection = Connection::open(company.path(file)).unwrap();
            connection.execute_batch(schema).unwrap();
            connection.execute_batch(rows).unwrap();
        }
        company.write("shop.yaml", include_str!("../../src/demo/maps/shop.yaml"));
        company.write(
            "support.yaml",
            include_str!("../../src/demo/maps/support.yaml"),
        );
        company.write("habeas.toml", CONFIG);
        company
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    /// Replaces text in a file; what is replaced must be there.
    #[track_caller]
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        self.write(file, &text.replace(from, to));
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        habeas(self.folder.path(), args)
    }

    pub fn run_with(&self, args: &[&str], input: &str) -> Ran {
        habeas_with(self.folder.path(), args, input)
    }

    /// Subject and text of every letter.
    pub fn letters(&self) -> Vec<(String, String)> {
        let files = fs::read_dir(self.path("letters")).unwrap();
        files
            .map(|file| {
                let message = fs::read(file.unwrap().path()).unwrap();
                let parsed = mailparse::parse_mail(&message).unwrap();
                let subject = parsed.headers.get_first_value("Subject").unwrap();
                let text = parsed.subparts[0].get_body().unwrap();
                (subject, text)
            })
            .collect()
    }

    /// Changes a store.
    pub fn change(&self, file: &str, sql: &str) {
        let connection = Connection::open(self.path(file)).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    pub fn number(&self, file: &str, sql: &str) -> i64 {
        let connection = Connection::open(self.path(file)).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}
