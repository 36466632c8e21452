//! Data maps on the command line: findings with their line, the schema for editors, and taking over
//! what was written for another tool.

mod common;

use common::Company;
use habeas_domain::data_map::DataMap;

const DATASET: &str = "
dataset:
  - fides_key: desk
    collections:
      - name: contact
        fields:
          - { name: id, data_categories: [user.unique_id], fides_meta: { primary_key: true } }
          - { name: email, data_categories: [user.contact.email], fides_meta: { identity: email } }
";

fn with_dataset() -> Company {
    let company = Company::found();
    company.write("desk.yml", DATASET);
    company
}

const IMPORT: [&str; 6] = ["store", "import", "fides", "desk.yml", "--store", "desk"];

#[test]
fn an_imported_map_is_written_once_and_the_report_is_printed() {
    let company = with_dataset();
    let args = [&IMPORT[..], &["--rows", "delete", "--out", "desk.yaml"]].concat();
    let ran = company.run(&args).well();
    assert!(
        ran.stdout
            .contains("desk.yml:8:13: contact.email: found by 'email'"),
        "{}",
        ran.stdout
    );
    let text = std::fs::read_to_string(company.path("desk.yaml")).unwrap();
    DataMap::parse("desk.yaml", &text).unwrap();
    // A map may have been edited since.
    let again = company.run(&args);
    assert_eq!(again.code, 1);
    assert!(
        again.stderr.starts_with("error: cannot write desk.yaml"),
        "{again:?}"
    );
}

#[test]
fn a_map_on_the_terminal_carries_the_report_as_comments() {
    let company = with_dataset();
    let args = [&IMPORT[..], &["--rows", "delete"]].concat();
    let ran = company.run(&args).well();
    DataMap::parse("desk.yaml", &ran.stdout).unwrap();
    assert!(ran.stdout.contains("\n# to decide:\n"), "{}", ran.stdout);
}

#[test]
fn a_map_that_needs_a_decision_says_so_and_fails() {
    let company = with_dataset();
    let ran = company.run(&[&IMPORT[..], &["--json"]].concat());
    assert_eq!(ran.code, 1);
    let json = ran.json();
    assert_eq!(json["sound"], false);
    assert_eq!(
        json["report"]["faults"][0]["path"],
        "collections.contact.columns.id.erase"
    );
    assert_eq!(json["report"]["decisions"][0]["place"]["line"], 5);
}

#[test]
fn a_file_that_is_no_dataset_is_named_with_its_line() {
    let company = with_dataset();
    company.write("desk.yml", "dataset:\n  - fides_key: [desk]\n");
    let ran = company.run(&IMPORT);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stderr,
        "error: desk.yml:2:16: dataset[0].fides_key: a text is needed\n"
    );
}

#[test]
fn the_schema_of_maps_is_printed_for_editors() {
    let ran = Company::found().run(&["store", "schema"]).well();
    assert_eq!(ran.json(), DataMap::json_schema());
}

/// The line, counted from 1, that begins so.
fn line_of(company: &Company, file: &str, begins: &str) -> usize {
    let text = std::fs::read_to_string(company.path(file)).unwrap();
    let found = text
        .lines()
        .position(|line| line.trim().starts_with(begins));
    found.unwrap() + 1
}

#[test]
fn a_finding_in_the_live_store_names_the_line_of_the_map() {
    let company = Company::found();
    company.edit("shop.yaml", "browser:", "agent:");
    let line = line_of(&company, "shop.yaml", "agent:");
    let expected = format!(
        "FIX   store shop: shop.yaml:{line}:7: collections.login.columns.agent: no column 'agent' in \
         table 'login'\n"
    );
    for command in [&["check"][..], &["store", "check", "shop"]] {
        let ran = company.run(command);
        assert_eq!(ran.code, 1);
        assert!(ran.stdout.contains(&expected), "{}", ran.stdout);
    }
    let json = company.run(&["check", "--json"]).json();
    let findings = json["findings"].as_array().unwrap();
    let path = "collections.login.columns.agent";
    let found = findings.iter().find(|it| it["path"] == path).unwrap();
    assert_eq!(
        (&found["file"], &found["line"]),
        (&"shop.yaml".into(), &line.into())
    );
    assert_eq!(found["column"], 7);
}

#[test]
fn every_fault_of_a_map_is_a_finding_of_its_own() {
    let company = Company::found();
    company.edit(
        "shop.yaml",
        "{ collection: staff, on: { rep_id: id }",
        "{ collection: stuff, on: { rep: id }",
    );
    let line = line_of(&company, "shop.yaml", "- { collection: stuff");
    let ran = company.run(&["check"]);
    let fatal: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("FIX"))
        .collect();
    assert_eq!(fatal.len(), 2, "{}", ran.stdout);
    let expected = format!(
        "FIX   store: shop.yaml:{line}:11: collections.customer.refers_to[0].collection: no \
         collection named 'stuff'; did you mean 'staff'?"
    );
    assert_eq!(fatal[0], expected);
}

#[test]
fn a_slip_in_a_category_is_worth_a_look_and_no_more() {
    let company = Company::found();
    company.edit(
        "shop.yaml",
        "category: user.contact.phone_number",
        "category: user.contact.phone_numbr",
    );
    let said = company.run(&["check"]).well().stdout;
    assert!(
        said.contains("'user.contact.phone_numbr' is not in the taxonomy; did you mean 'user.contact.phone_number'?"),
        "{said}"
    );
}
