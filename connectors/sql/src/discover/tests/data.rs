//! Proposals that were held against the data.

use super::*;

/// As if `found` of 40 values of the column were keys of the table.
fn looked_up(from: &str, column: &str, to: &str, found: u64) -> Sample {
    let pointer = Pointer {
        from: name(from),
        column: column.to_owned(),
        to: name(to),
        key: "id".to_owned(),
        only: None,
    };
    Sample::default().with_share(pointer, found, 40)
}

#[test]
fn a_guess_is_held_against_the_values() {
    let drawn = catalogue(
        "
        customers: id* email
        orders: id* customer_id:int
        counters: id* customer_id:int n:int
        leads: id* customer_id:int phone",
    );
    let propose = |sample: &Sample| propose(&drawn, Some(sample), "shop".parse().unwrap()).unwrap();
    let proposal = propose(&looked_up("orders", "customer_id", "customers", 39));
    noted(
        &proposal,
        "collections.orders.belongs_to",
        "named like the key of customers: 39 of 40 sampled values exist in customers.id",
    );
    // Its name alone made it somebody's, and nothing else in it does.
    let proposal = propose(&looked_up("counters", "customer_id", "customers", 2));
    assert_eq!(
        pointers(&proposal.map),
        ["orders belongs to customers", "leads belongs to customers"]
    );
    assert_eq!(proposal.map.ignore_tables, ["counters"]);
    noted(
        &proposal,
        "ignore_tables",
        "counters.customer_id is named like the key of customers, but only 2 of 40 sampled values \
         exist in customers.id: not followed",
    );
    // This one holds a telephone number: somebody has to look.
    let proposal = propose(&looked_up("leads", "customer_id", "customers", 2));
    assert_eq!(proposal.map.ignore_tables, Vec::<String>::new());
    noted(
        &proposal,
        "",
        "leads.customer_id is named like the key of customers, but only 2",
    );
    noted(&proposal, "", "whom nothing else leads to: leads.");
}

#[test]
fn of_two_tables_that_a_column_may_be_named_after_the_values_choose() {
    let drawn = catalogue(
        "
        app_user: id* email
        web_user: id* email
        visit: id* user_id:int",
    );
    let share = |sample: Sample, to: &str, found| {
        let pointer = Pointer {
            from: name("visit"),
            column: "user_id".to_owned(),
            to: name(to),
            key: "id".to_owned(),
            only: None,
        };
        sample.with_share(pointer, found, 10)
    };
    let looked = |app, web| {
        let sample = share(share(Sample::default(), "app_user", app), "web_user", web);
        propose(&drawn, Some(&sample), "shop".parse().unwrap()).unwrap()
    };
    let chosen = looked(0, 10);
    assert_eq!(pointers(&chosen.map), ["visit belongs to web_user"]);
    let either = looked(10, 10);
    assert_eq!(pointers(&either.map), Vec::<String>::new());
    noted(
        &either,
        "",
        "visit.user_id is named like the key of each of app_user, web_user (10 of 10 sampled values \
         exist in app_user.id, 10 of 10 sampled values exist in web_user.id): followed to none",
    );
}

#[test]
fn rows_that_belong_to_several_tables_become_a_collection_for_each() {
    let drawn = catalogue(
        "
        customer: id* email
        employee: id* email
        goods: id* title
        attachment: id* owner_type owner_id:int file
        thumbnail: id* attachment_id->attachment.id",
    );
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let kinds = Kinds {
        named: vec![
            (name("customer"), words(&["App\\Customer", "Customer"])),
            (name("employee"), words(&["Employee"])),
            (name("goods"), words(&["Goods"])),
        ],
        others: 1,
    };
    let sample = Sample::default().with_kinds(&name("attachment"), kinds);
    let proposal = propose(&drawn, Some(&sample), "shop".parse().unwrap()).unwrap();
    assert_eq!(
        pointers(&proposal.map),
        [
            "attachment_of_customer belongs to customer",
            "attachment_of_employee belongs to employee",
            "thumbnail belongs to attachment_of_customer",
            "thumbnail belongs to attachment_of_employee",
        ]
    );
    let of_customer = &proposal.map.collections["attachment_of_customer"];
    assert_eq!(of_customer.table.as_deref(), Some("attachment"));
    assert_eq!(
        of_customer.only["owner_type"].0,
        ["App\\Customer", "Customer"]
    );
    assert_eq!(of_customer.columns["owner_type"].category, "system");
    noted(
        &proposal,
        "collections.attachment_of_employee.belongs_to",
        "'owner_type' of such rows names employee",
    );
    noted(&proposal, "", "of 4 words there 2 lead to a person");
    let again = DataMap::parse("shop.yaml", &proposal.to_yaml().unwrap()).unwrap();
    assert_eq!(again, proposal.map);
}

#[test]
fn what_lies_inside_json_is_proposed_by_its_paths() {
    let drawn = catalogue(
        "
        customer: id* email extra:json
        event: id* payload:json
        setting: id* customer_id->customer.id data:json",
    );
    let unseen = propose_for(&drawn);
    noted(
        &unseen,
        "collections.customer.columns.extra",
        "JSON: its inside was not looked at",
    );
    assert!(!unseen.map.collections.contains_key("event"));

    let extra = r#"{"address": {"line1": "Elm Street 1", "city": "Springwood"}, "pin": "1234",
        "contacts": [{"name": "Zora", "mail": "zora@example.org"}], "ref": 7}"#;
    let payload = r#"{"who": {"reach": "ada@example.org", "name": "Ada"}, "n": 1}"#;
    let data = r#"{"invited_by": {"email": "eve@example.org"}, "email": "ada@example.org"}"#;
    let sample = Sample::default()
        .with_inside(&name("customer"), "extra", &[extra, extra])
        .with_inside(&name("event"), "payload", &[payload, payload])
        .with_inside(&name("setting"), "data", &[data]);
    let proposal = propose(&drawn, Some(&sample), "shop".parse().unwrap()).unwrap();
    let parts = |collection: &str, column: &str| -> Vec<String> {
        let fields = &proposal.map.collections[collection].columns[column].fields;
        fields
            .iter()
            .map(|(path, field)| {
                let found = field.identity.as_ref().map_or("", |_| " identity");
                let hidden = if field.withhold { " withheld" } else { "" };
                format!("{path} {}{found}{hidden}", field.category)
            })
            .collect()
    };
    assert_eq!(
        parts("customer", "extra"),
        [
            "address.city user.contact.address.city",
            "address.line1 user.contact.address.street",
            "contacts[].mail user.contact.email",
            "contacts[].name user.name",
            "pin user.authorization.credentials withheld",
            "ref user",
        ]
    );
    // Nothing else leads to whom the event is about.
    assert_eq!(
        parts("event", "payload"),
        [
            "n user",
            "who.name user.name",
            "who.reach user.contact.email identity"
        ]
    );
    // The row has its person, and one value alone shows no name that could be somebody's.
    assert_eq!(parts("setting", "data"), ["email user.contact.email"]);
    noted(
        &proposal,
        "collections.event.columns.payload.fields.who.reach",
        "look like e-mail addresses",
    );
    noted(
        &proposal,
        "collections.setting.columns.data",
        "JSON: its parts, from 1 value; 1 name is not shown",
    );
    let yaml = proposal.to_yaml().unwrap();
    let again = DataMap::parse("shop.yaml", &yaml).unwrap();
    assert_eq!(again, proposal.map);
    assert!(
        yaml.contains("          # the values that were read look like e-mail"),
        "{yaml}"
    );
    for value in ["example.org", "Elm", "Springwood", "1234", "Zora"] {
        assert!(!format!("{yaml}{proposal:?}").contains(value), "{value}");
    }
}
