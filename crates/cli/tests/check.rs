//! What `habeas check` says about a configuration, the maps and the stores, and how wrong use ends.

mod common;

use std::fs;

use common::Company;

/// The fatal lines of `habeas check` after a change.
#[track_caller]
fn faults_after(change: impl FnOnce(&Company)) -> String {
    let company = Company::found();
    change(&company);
    let checked = company.run(&["check"]);
    assert_eq!(checked.code, 1, "{checked:?}");
    let fatal: Vec<&str> = checked
        .stdout
        .lines()
        .filter(|line| line.starts_with("FIX"))
        .collect();
    fatal.join("\n")
}

#[test]
fn a_company_in_order_is_ready() {
    let company = Company::found();
    let checked = company.run(&["check"]).well();
    assert!(checked.stdout.ends_with("\nready\n"), "{}", checked.stdout);
    assert!(
        checked
            .stdout
            .contains("ok    store shop: 8 collections, by sqlite"),
        "{}",
        checked.stdout
    );
    assert!(
        !company.path("habeas-data").exists(),
        "a check makes no keys"
    );
    let json = company.run(&["check", "--json"]).well().json();
    assert_eq!(json["ok"], true);
}

#[test]
fn a_fault_in_the_configuration_is_named_with_file_and_line() {
    let fault = faults_after(|company| company.edit("habeas.toml", "contact =", "contakt ="));
    assert!(
        fault.starts_with("FIX   configuration: habeas.toml:5: unknown field `contakt`"),
        "{fault}"
    );
}

#[test]
fn every_other_command_names_it_too() {
    let company = Company::found();
    company.edit("habeas.toml", "Europe/Berlin", "Berlin");
    let ran = company.run(&["request", "list"]);
    assert_eq!(ran.code, 1);
    let expected = "error: habeas.toml:6: no time zone is called 'Berlin'";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let company = Company::found();
    let ran = company.run(&["work", "--until-idle", "--config", "other.toml"]);
    assert_eq!(ran.code, 1);
    let expected = "error: other.toml is not there; habeas.example.toml shows what to write\n";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn a_map_that_names_a_missing_table_is_said_with_its_path() {
    let fault = faults_after(|company| {
        company.edit(
            "shop.yaml",
            "  login:\n    title",
            "  login:\n    table: logins\n    title",
        );
    });
    let expected = "collections.login: no table 'logins' in 'main'\n";
    assert!(fault.contains(expected), "{fault}");
    let further = "main.login: points at 'customer' by customer_id and is not mapped";
    assert!(fault.contains(further), "{fault}");
}

#[test]
fn a_map_that_names_a_missing_column_is_said_with_its_path() {
    let fault = faults_after(|company| company.edit("shop.yaml", "browser:", "agent:"));
    let expected = "collections.login.columns.agent: no column 'agent' in table 'login'\n";
    assert!(fault.contains(expected), "{fault}");
    let further = "main.login.browser: looks like user.device and is not mapped";
    assert!(fault.contains(further), "{fault}");
}

#[test]
fn a_column_that_came_later_and_looks_personal_fails_until_somebody_has_seen_it() {
    let company = Company::found();
    company.change(
        "shop.db",
        "alter table customer add column mobile_phone text",
    );
    let checked = company.run(&["check"]);
    assert_eq!(checked.code, 1, "{checked:?}");
    let expected = "FIX   store shop: main.customer.mobile_phone: looks like \
                    user.contact.phone_number and is not mapped";
    assert!(checked.stdout.contains(expected), "{}", checked.stdout);
    company.edit(
        "shop.yaml",
        "  customer:\n",
        "  customer:\n    ignore: [mobile_phone]\n",
    );
    company.run(&["check"]).well();
}

#[test]
fn a_table_that_came_later_and_belongs_to_persons_fails_until_somebody_has_seen_it() {
    let company = Company::found();
    let badge = "create table badge (id integer primary key, \
                 customer_id integer not null references customer (id))";
    company.change("shop.db", badge);
    let fault = {
        let checked = company.run(&["store", "check", "shop"]);
        assert_eq!(checked.code, 1, "{checked:?}");
        checked.stdout
    };
    let expected =
        "FIX   store shop: main.badge: points at 'customer' by customer_id and is not mapped";
    assert!(fault.contains(expected), "{fault}");
    company.edit(
        "shop.yaml",
        "collections:\n",
        "ignore_tables: [badge]\ncollections:\n",
    );
    company.run(&["store", "check", "shop"]).well();
}

#[test]
fn other_differences_are_counted_and_do_not_fail() {
    let company = Company::found();
    company.change("shop.db", "alter table customer add column points integer");
    let checked = company.run(&["check"]).well();
    let expected = "note  store shop: 1 other differences from the map; 'habeas store discover \
                    shop --diff' lists them";
    assert!(checked.stdout.contains(expected), "{}", checked.stdout);
}

#[test]
fn a_map_that_cannot_be_read_is_named_with_its_line() {
    let fault = faults_after(|company| company.edit("support.yaml", "suppress:", "supress:"));
    assert!(fault.starts_with("FIX   store: support.yaml:"), "{fault}");
    assert!(fault.contains("supress"), "{fault}");
}

#[test]
fn a_store_that_is_down_is_said_and_the_others_are_checked_all_the_same() {
    let company = Company::found();
    fs::remove_file(company.path("shop.db")).unwrap();
    let checked = company.run(&["check"]);
    assert_eq!(checked.code, 1);
    let expected =
        "FIX   store shop: transient (unreachable): the file is not there or cannot be opened";
    assert!(checked.stdout.contains(expected), "{}", checked.stdout);
    assert!(
        checked.stdout.contains("ok    store support"),
        "{}",
        checked.stdout
    );
    assert!(
        !company.path("shop.db").exists(),
        "a missing store is never made"
    );
}

#[test]
fn a_server_that_is_down_is_said_without_its_password() {
    for kind in ["postgres", "mysql"] {
        let fault = faults_after(|company| {
            company.write(
                "secret",
                &format!("{kind}://habeas:hunter2@127.0.0.1:1/shop"),
            );
            company.edit(
                "habeas.toml",
                "connector = \"sqlite\"\npath = \"shop.db\"",
                &format!("connector = \"{kind}\"\nurl = \"file:secret\""),
            );
        });
        assert!(
            fault.starts_with("FIX   store shop: transient (unreachable)"),
            "{fault}"
        );
        assert!(!fault.contains("hunter2"), "{fault}");
    }
}

#[test]
fn what_names_something_unknown_is_said() {
    let holds = "\n[[holds]]\nstore = \"crm\"\narticle = \"A\"\nreason = \"R\"\n";
    for (from, to, expected) in [
        (
            "default_law = \"eu\"",
            "default_law = \"mars\"",
            "FIX   law: site.laws: no law profile 'mars'; known are eu, us-ca-ccpa",
        ),
        (
            "\n[[stores]]",
            holds,
            "FIX   holds: no store 'crm' is configured",
        ),
        (
            "sender = \"privacy@larch-and-linen.example\"",
            "sender = \"nobody\"",
            "FIX   mail: mail.sender: ",
        ),
    ] {
        let fault = faults_after(|company| {
            let text = fs::read_to_string(company.path("habeas.toml")).unwrap();
            let text = match from {
                "\n[[stores]]" => text + to,
                _ => text.replace(from, to),
            };
            company.write("habeas.toml", &text);
        });
        assert!(fault.starts_with(expected), "{fault}");
    }
}

#[test]
fn two_stores_of_one_name_are_refused() {
    let fault =
        faults_after(|company| company.edit("support.yaml", "store: support", "store: shop"));
    assert!(
        fault.contains("FIX   store shop: support.yaml has the same name"),
        "{fault}"
    );
}

#[test]
fn a_mail_server_that_does_not_answer_is_said() {
    let fault = faults_after(|company| {
        let smtp = "[mail.smtp]\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"";
        company.edit("habeas.toml", "folder = \"letters\"", smtp);
    });
    assert!(
        fault.starts_with("FIX   mail: 127.0.0.1:1 cannot be reached: "),
        "{fault}"
    );
}

#[test]
fn a_key_that_others_can_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let fault = faults_after(|company| {
        company.run(&["work", "--until-idle"]).well();
        let key = company.path("habeas-data/root.key");
        fs::set_permissions(key, fs::Permissions::from_mode(0o644)).unwrap();
    });
    assert!(fault.starts_with("FIX   root key: "), "{fault}");
    assert!(fault.contains("chmod 600"), "{fault}");
}

#[test]
fn wrong_use_ends_with_two_and_says_what_is_right() {
    let company = Company::found();
    for (args, expected) in [
        (&["forget"][..], "unrecognized subcommand 'forget'"),
        (
            &["request", "show", "HB-1"],
            "a reference has the form HB-XXXXX-XXXXX",
        ),
        (
            &[
                "request",
                "submit",
                "--right",
                "forget",
                "--email",
                "ada@example.org",
            ],
            "unknown right; known are access,",
        ),
        (
            &["request", "submit", "--right", "access", "--email", "ada"],
            "an e-mail address has the form name@example.org",
        ),
        (
            &["store", "plan", "shop", "--identifier", "ada"],
            "write KIND=VALUE",
        ),
        (&["verify", "x.zip", "--key", "abc"], "not a verifier key"),
        (&["store", "discover", "--sqlite", "shop.db"], "--name"),
        (&[], "Usage: habeas"),
    ] {
        let ran = company.run(args);
        assert_eq!(ran.code, 2, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(expected), "{args:?}: {}", ran.stderr);
    }
}
