//! Looking at stores from the command line.

mod common;

use common::Company;
use habeas_domain::data_map::DataMap;

fn tables_found(company: &Company, args: &[&str]) -> Vec<String> {
    let found = company.run(args).well();
    let map = DataMap::parse("found.yaml", &found.stdout).unwrap();
    let mut tables: Vec<String> = map.collections.keys().cloned().collect();
    tables.sort_unstable();
    tables
}

#[test]
fn discover_proposes_every_table_with_personal_data_and_no_other() {
    let company = Company::found();
    assert_eq!(
        tables_found(&company, &["store", "discover", "shop"]),
        [
            "address",
            "customer",
            "login",
            "order_line",
            "orders",
            "payment",
            "review",
            "staff"
        ]
    );
    assert_eq!(
        tables_found(
            &company,
            &[
                "store",
                "discover",
                "--sqlite",
                "support.db",
                "--name",
                "desk"
            ]
        ),
        [
            "agent",
            "attachment",
            "contact",
            "message",
            "note",
            "satisfaction",
            "ticket"
        ]
    );
}

#[test]
fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let company = Company::found();
    let plan = company
        .run(&[
            "store",
            "plan",
            "shop",
            "--identifier",
            "email=ADA@example.org",
            "--json",
        ])
        .well()
        .json();
    let step = &plan["steps"][0];
    assert_eq!(step["decision"]["decision"], "act");
    assert_eq!(step["collections"][0]["rows"], 1);
    assert_eq!(plan["leads_on_by"][0], "shop.customer_no");
    assert_eq!(
        company.number("shop.db", "select count(*) from customer"),
        2
    );
}

#[test]
fn a_dry_run_never_prints_what_a_store_holds() {
    let company = Company::found();
    let plan = company.run(&[
        "store",
        "plan",
        "shop",
        "--identifier",
        "email=ada@example.org",
    ]);
    let said = plan.well().stdout;
    assert!(
        said.contains("leads on to other stores by shop.customer_no"),
        "{said}"
    );
    assert!(!said.contains("ada@") && !said.contains("L1"), "{said}");
}

#[test]
fn the_stores_are_listed_with_what_finds_a_person() {
    let company = Company::found();
    let stores = company.run(&["store", "list", "--json"]).well().json();
    assert_eq!(stores[1]["store"], "support");
    assert_eq!(
        stores[1]["found_by"],
        serde_json::json!(["email", "shop.customer_no"])
    );
}

#[test]
fn a_store_that_is_not_configured_is_answered_with_those_that_are() {
    let company = Company::found();
    let ran = company.run(&["store", "check", "crm"]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stderr,
        "error: no store 'crm' is configured; there are shop, support\n"
    );
}

#[test]
fn a_password_on_the_command_line_is_refused_and_not_repeated() {
    let company = Company::found();
    let url = "postgres://ada:hunter2@127.0.0.1:1/shop";
    let ran = company.run(&["store", "discover", "--postgres", url, "--name", "shop"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("a password does not stand here"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    company.write("url", url);
    let ran = company.run(&[
        "store",
        "discover",
        "--postgres",
        "file:url",
        "--name",
        "shop",
    ]);
    assert!(
        ran.stderr.starts_with("error: transient (unreachable)"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
}
