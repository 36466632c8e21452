//! From SQLite to PostgreSQL by one offline command: everything arrives, or nothing does.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{Company, Ran, habeas};
use habeas_testkit::postgres::Database;
use rusqlite::Connection;

/// A company with an empty database to move to; its URL stands in a file, as a secret should.
fn moving() -> (Company, Database) {
    let company = Company::found();
    let database = Database::fresh();
    company.write("target.url", database.url());
    (company, database)
}

fn copy(company: &Company) -> Ran {
    company.run(&["copy", "--to", "file:target.url", "--json"])
}

fn psql(database: &Database, sql: &str) -> String {
    let ran = Command::new("psql")
        .args([database.url(), "-v", "ON_ERROR_STOP=1", "-Atc", sql])
        .output()
        .expect("psql runs");
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

/// The eight digits of the letter about a reference.
fn code(company: &Company, reference: &str) -> String {
    let letters = company.letters();
    let (_, text) = letters
        .iter()
        .find(|(subject, _)| subject.contains("code") && subject.contains(reference))
        .expect("a letter with a code");
    let digits = text
        .lines()
        .find(|line| line.trim().len() == 9 && line.starts_with("    "));
    digits.expect("a line with the code").trim().to_owned()
}

fn submitted(company: &Company) -> String {
    let submit = [
        "request",
        "submit",
        "--right",
        "erasure",
        "--email",
        "ada@example.org",
        "--json",
    ];
    let submitted = company.run(&submit).well().json();
    company.run(&["work", "--until-idle"]).well();
    submitted["reference"]
        .as_str()
        .expect("a reference")
        .to_owned()
}

#[test]
fn a_request_that_was_open_on_sqlite_is_finished_on_postgres() {
    let (company, database) = moving();
    let password = "correct horse battery";
    let add = ["officer", "add", "olive", "--name", "Olive"];
    company.run_with(&add, password).well();
    let reference = submitted(&company);
    let code = code(&company, &reference);
    company
        .run(&["request", "verify", &reference, &code])
        .well();
    company.run(&["work", "--until-idle"]).well();

    let copied = copy(&company).well().json();
    let rows = |table: &str| {
        let tables = copied["tables"].as_array().unwrap();
        let found = tables.iter().find(|it| it["table"] == table);
        found.unwrap_or_else(|| panic!("no {table} in {copied}"))["rows"].clone()
    };
    assert_eq!(rows("request"), 1);
    assert_eq!(rows("officer"), 1);
    let audited = company.number("habeas.db", "select count(*) from audit");
    assert_eq!(rows("audit"), audited);
    assert!(copied["also"].to_string().contains("root.key"), "{copied}");

    company.edit(
        "habeas.toml",
        "sqlite = \"habeas.db\"",
        "postgres = \"file:target.url\"",
    );
    let show = ["request", "show", &reference, "--json"];
    let plan = company.run(&show).well().json()["plan"]["hash"].clone();
    let approve = [
        "request",
        "approve",
        &reference,
        "--plan",
        plan.as_str().unwrap(),
    ];
    company
        .run_with(&[&approve[..], &["--officer", "olive"]].concat(), password)
        .well();
    company.run(&["work", "--until-idle"]).well();
    let release = ["request", "release", &reference, "--officer", "olive"];
    company.run_with(&release, password).well();
    company.run(&["work", "--until-idle"]).well();
    assert_eq!(
        company.run(&show).well().json()["request"]["phase"],
        "closed"
    );
    assert_eq!(
        company.number("shop.db", "select count(*) from customer"),
        1,
        "Ben stays"
    );
    assert_eq!(
        psql(
            &database,
            "select count(*) from request where closed_at is not null"
        ),
        "1"
    );
}

#[test]
fn the_whole_demo_arrives_row_by_row() {
    let (company, database) = moving();
    company.run(&["demo", "--once", "--folder", "demo"]).well();
    let demo = company.path("demo");
    let ran = habeas(&demo, &["copy", "--to", "file:../target.url"]).well();
    assert!(
        ran.stdout.contains("every row is the same on both sides"),
        "{}",
        ran.stdout
    );

    let sqlite = Connection::open(control_database(&demo)).unwrap();
    for sql in [
        "select count(*) from step",
        "select count(*) from audit",
        "select min(hash) || max(hash) from plan",
        "select min(received_at) from request where due_on > '2026'",
    ] {
        let here: String = sqlite
            .query_row(&format!("select cast(({sql}) as text)"), [], |row| {
                row.get(0)
            })
            .unwrap();
        // SQLite writes as many digits of a second as there are.
        let here = here.trim_end_matches('0').to_owned();
        let there = psql(&database, sql).trim_end_matches('0').to_owned();
        assert_eq!(there, here, "{sql}");
    }
    let binary = "select sum(length(sealed)) from identifier";
    let here: i64 = sqlite.query_row(binary, [], |row| row.get(0)).unwrap();
    assert_eq!(psql(&database, binary), here.to_string());
}

fn control_database(demo: &Path) -> PathBuf {
    let text = fs::read_to_string(demo.join("habeas.toml")).unwrap();
    let line = text.lines().find(|line| line.starts_with("sqlite = "));
    let (_, path) = line.expect("a SQLite file").split_once('=').unwrap();
    demo.join(path.trim().trim_matches('"'))
}

#[test]
fn a_target_that_is_not_empty_is_refused_and_left_alone() {
    let (company, database) = moving();
    submitted(&company);
    copy(&company).well();
    let steps = psql(&database, "select count(*) from step");
    let again = copy(&company);
    assert_eq!(again.code, 1);
    assert!(
        again.stderr.contains("the target is not empty"),
        "{}",
        again.stderr
    );
    assert_eq!(psql(&database, "select count(*) from step"), steps);
}

#[test]
fn a_row_that_arrives_otherwise_than_it_was_sent_undoes_everything() {
    let (company, database) = moving();
    submitted(&company);
    let migrated = company.path("elsewhere");
    fs::create_dir(&migrated).unwrap();
    company.write(
        "elsewhere/habeas.toml",
        &fs::read_to_string(company.path("habeas.toml"))
            .unwrap()
            .replace(
                "sqlite = \"habeas.db\"",
                "postgres = \"file:../target.url\"",
            ),
    );
    habeas(&migrated, &["migrate"]).well();
    psql(
        &database,
        "create function meddle() returns trigger language plpgsql as \
         $$ begin new.actor := upper(new.actor); return new; end $$; \
         create trigger meddle before insert on audit for each row execute function meddle()",
    );
    let refused = copy(&company);
    assert_eq!(refused.code, 1);
    let expected = "the table 'audit' arrived otherwise than it was sent";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    assert_eq!(
        psql(&database, "select count(*) from request"),
        "0",
        "nothing stays"
    );
}

#[test]
fn a_file_that_is_in_use_or_not_there_is_not_copied() {
    let (company, _database) = moving();
    let absent = copy(&company);
    assert_eq!(absent.code, 1);
    assert!(absent.stderr.contains("is not there"), "{}", absent.stderr);
    submitted(&company);
    let lock = fs::File::options()
        .write(true)
        .open(company.path("habeas.lock"))
        .unwrap();
    lock.try_lock().unwrap();
    let refused = copy(&company);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("in use by another process"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_password_on_the_command_line_and_a_target_of_another_kind_are_refused() {
    let company = Company::found();
    submitted(&company);
    let password = company.run(&["copy", "--to", "postgres://ada:secret@localhost/habeas"]);
    assert_eq!(password.code, 1);
    assert!(!password.stderr.contains("secret@"), "{}", password.stderr);
    let mysql = company.run(&["copy", "--to", "mysql://ada@localhost/habeas"]);
    assert!(
        mysql.stderr.contains("--to leads to no postgres:// URL"),
        "{}",
        mysql.stderr
    );
}
