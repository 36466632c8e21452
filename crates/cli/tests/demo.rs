//! The demo: three stories to their end, files that anybody can check, nothing else left behind.

mod common;

use std::{fs, path::Path};

use common::habeas;
use serde_json::Value;

fn played(folder: &Path, args: &[&str]) -> Vec<Value> {
    let told = habeas(folder, &[&["demo", "--once", "--json"], args].concat()).well();
    let told = told.json();
    assert_eq!(told.as_object().expect("one object").len(), 1);
    told["stories"].as_array().expect("stories").clone()
}

#[test]
fn three_stories_end_well_and_say_so_in_one_json_value() {
    let folder = tempfile::tempdir().unwrap();
    let stories = played(folder.path(), &["--folder", "company"]);
    let facts = |story: &Value| {
        let stores = story["stores"]
            .as_array()
            .expect("stores")
            .iter()
            .map(|store| {
                let text = |key: &str| store[key].as_str().expect("a word").to_owned();
                [text("store"), text("outcome"), text("evidence_level")]
            });
        let text = |key: &str| story[key].as_str().expect("a word").to_owned();
        (text("right"), text("phase"), stores.collect::<Vec<_>>())
    };
    let story = |right: &str, outcome: &str, level: &str| {
        let store = |name: &str| [name.to_owned(), outcome.to_owned(), level.to_owned()];
        (
            right.to_owned(),
            "closed".to_owned(),
            vec![store("shop"), store("support")],
        )
    };
    assert_eq!(
        stories.iter().map(facts).collect::<Vec<_>>(),
        [
            story("access", "exported", "vendor_reported"),
            story("erasure", "erased", "read_back_verified"),
            story("opt_out", "suppressed", "read_back_verified"),
        ]
    );
    for story in &stories {
        assert_eq!(story["verified"], true);
        assert!(story["reference"].as_str().unwrap().starts_with("HB-"));
        assert!(
            story["due"]
                .as_str()
                .unwrap()
                .parse::<jiff::civil::Date>()
                .is_ok()
        );
        for store in story["stores"].as_array().unwrap() {
            let (found, done) = (store["located"].as_u64(), store["affected"].as_u64());
            assert!(found >= done && done > Some(0), "{store}");
        }
    }
    // What the telephone call left was found by the customer number alone.
    let desk = rusqlite::Connection::open(folder.path().join("company/support.db")).unwrap();
    let calls = "select count(*) from contact where shop_customer_no = 'L10074'";
    let left: i64 = desk.query_row(calls, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
    // And the company can be looked at like any other.
    habeas(&folder.path().join("company"), &["check"]).well();
}

#[test]
fn the_files_verify_and_one_changed_byte_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let stories = played(folder.path(), &[]);
    for story in &stories {
        let path = story["artifact"].as_str().unwrap();
        let verified = habeas(folder.path(), &["verify", path, "--json"])
            .well()
            .json();
        assert_eq!(verified["receipt"]["reference"], story["reference"]);
        let key = verified["key"].as_str().unwrap();
        habeas(folder.path(), &["verify", path, "--key", key]).well();
        // The example key of golang.org/x/mod/sumdb/note.
        let stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(
            habeas(folder.path(), &["verify", path, "--key", stranger]).code,
            1
        );

        let whole = fs::read(path).unwrap();
        let changed = folder.path().join("changed.zip");
        for at in [0, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&changed, bytes).unwrap();
            let refused = habeas(folder.path(), &["verify", "changed.zip"]);
            assert_eq!(refused.code, 1, "byte {at} of {}", whole.len());
            assert!(
                refused.stdout.contains("Do not rely on it"),
                "{}",
                refused.stdout
            );
        }
    }
}

#[test]
fn nothing_but_the_answers_is_left_in_the_temporary_folder() {
    let folder = tempfile::tempdir().unwrap();
    let stories = played(folder.path(), &[]);
    let list = |path: &Path| -> Vec<String> {
        let entries = fs::read_dir(path).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let [demo] = &list(folder.path())[..] else {
        panic!("one folder");
    };
    let demo = folder.path().join(demo);
    assert_eq!(list(&demo), ["answers"]);
    assert_eq!(list(&demo.join("answers")).len(), stories.len());
}

#[test]
fn a_folder_that_holds_something_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "x").unwrap();
    let refused = habeas(folder.path(), &["demo", "--once", "--folder", "."]);
    assert_eq!(refused.code, 1);
    assert_eq!(refused.stderr, "error: . is not empty; name a new folder\n");
}

#[test]
fn a_file_that_is_no_package_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "Dear Ada").unwrap();
    let refused = habeas(folder.path(), &["verify", "letter.txt"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stdout.starts_with("NOT  file: "),
        "{}",
        refused.stdout
    );
    let missing = habeas(folder.path(), &["verify", "nothing.zip"]);
    assert!(
        missing
            .stderr
            .starts_with("error: cannot open nothing.zip: "),
        "{}",
        missing.stderr
    );
}
