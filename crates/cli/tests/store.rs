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
fn every_guess_of_a_proposal_stands_above_its_line() {
    let company = Company::found();
    let yaml = company.run(&["store", "discover", "support"]).well().stdout;
    assert!(
        yaml.starts_with("# Proposed from names, types, keys, comments and a look at some rows")
    );
    let json = company.run(&["store", "discover", "support", "--no-sample", "--json"]);
    let json = json.well().json();
    assert_eq!(json["map"]["store"], "support");
    let first = json["notes"][0]["message"].as_str().unwrap();
    assert!(first.contains("no row was read"), "{first}");
    assert!(!yaml.contains("ada@") && !yaml.contains("Ada"), "{yaml}");
}

#[test]
fn a_difference_between_map_and_store_is_told_in_words_and_as_json() {
    let company = Company::found();
    let diff =
        |flags: &[&str]| company.run(&[&["store", "discover", "shop", "--diff"], flags].concat());
    let calm = diff(&[]).well().stdout;
    assert!(
        calm.contains("the map names everything that is there"),
        "{calm}"
    );
    assert!(
        calm.contains("habeas store discover shop --remember"),
        "{calm}"
    );
    company
        .run(&["store", "discover", "shop", "--remember"])
        .well();
    assert!(company.path("shop.schema.json").exists());
    assert_eq!(
        diff(&[]).well().stdout,
        "the map names everything that is there\n"
    );

    company.change(
        "shop.db",
        "alter table customer add column points integer;
         create trigger customer_gone after delete on customer begin select 1; end;
         create table shelf (id integer primary key, n integer);",
    );
    let json = diff(&["--json"]).well().json();
    let kinds: Vec<&str> = json["drift"]
        .as_array()
        .unwrap()
        .iter()
        .map(|drift| drift["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["drift.column", "drift.table", "drift.trigger"]);

    company.change("shop.db", "alter table customer add column phone_2 text");
    let ran = diff(&[]);
    assert_eq!(ran.code, 1, "personal data that nobody mapped fails");
    let line = "drift.personal     main.customer.phone_2: looks like user.contact.phone_number";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
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

#[test]
fn a_plan_shows_its_statements_and_no_value() {
    let company = Company::found();
    let args = [
        "store",
        "plan",
        "shop",
        "--identifier",
        "email=ADA@example.org",
    ];
    let said = company.run(&args).well().stdout;
    assert!(said.contains("an erasure would run"), "{said}");
    assert!(said.contains("delete from \"main\".\"customer\""), "{said}");
    assert!(!said.contains("ADA@example.org"), "no value is shown");
    assert!(said.trim_end().ends_with("nothing was changed"));
}

#[test]
fn it_is_told_why_nothing_was_found() {
    let company = Company::found();
    let args = [
        "store",
        "plan",
        "shop",
        "--identifier",
        "email=nobody@example.net",
        "--why-empty",
    ];
    let said = company.run(&args).well().stdout;
    assert!(said.contains("customer: nothing found among"), "{said}");
    assert!(
        said.contains("by email, ignoring upper and lower case"),
        "{said}"
    );
    assert!(said.contains("filled values is equal"), "{said}");
    assert!(said.contains("no row of 'customer' was found"), "{said}");
}
