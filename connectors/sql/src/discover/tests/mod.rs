//! Proposals for catalogues that are drawn by hand.

use habeas_connector::Proposal;
use habeas_domain::data_map::{DataMap, RowTreatment};

use super::{contained::Pointer, kinds::Kinds, likeness::Likeness, sample::Sample, *};
use crate::{
    ForeignKey, Partition, Table, TableKind,
    sketch::{self, catalogue, name},
};

mod data;
mod views;

fn propose_for(catalogue: &Catalogue) -> Proposal {
    let proposal = propose(catalogue, None, "shop".parse().unwrap()).unwrap();
    // What is proposed can be read again.
    let again = DataMap::parse("shop.yaml", &proposal.to_yaml().unwrap()).unwrap();
    assert_eq!(again, proposal.map);
    proposal
}

/// `collection part target`, each pointer of each collection.
fn pointers(map: &DataMap) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, spec) in &map.collections {
        let mut add = |part: &str, target: &str| lines.push(format!("{name} {part} {target}"));
        spec.belongs_to
            .iter()
            .for_each(|edge| add("belongs to", &edge.collection));
        spec.held_by
            .iter()
            .for_each(|edge| add("is held by", &edge.collection));
        spec.also_used_by
            .iter()
            .for_each(|user| add("is also used by", &user.table));
        spec.refers_to
            .iter()
            .for_each(|to| add("refers to", &to.collection));
    }
    lines
}

#[track_caller]
fn check(lines: &str, expected: &[&str]) {
    assert_eq!(pointers(&propose_for(&catalogue(lines)).map), expected);
}

#[track_caller]
fn noted(proposal: &Proposal, path: &str, words: &str) {
    let mut notes = proposal.notes.iter();
    assert!(
        notes.any(|note| note.path == path && note.message.contains(words)),
        "no note '{words}' at '{path}': {:#?}",
        proposal.notes
    );
}

#[test]
fn what_points_at_a_person_is_theirs_and_so_is_what_points_at_that() {
    check(
        "
        person: id* email
        purchase: id* person_id->person.id total:number
        item: id* purchase_id->purchase.id sku->goods.id
        goods: id* title",
        &["purchase belongs to person", "item belongs to purchase"],
    );
}

#[test]
fn a_pointer_to_whoever_serves_is_not_followed() {
    let staff = "
        customer: id* email support_rep_id->employee.id
        employee: id* email reports_to->employee.id
        rental: id* customer_id->customer.id employee_id->employee.id created_by->customer.id";
    check(
        staff,
        &[
            "customer refers to employee",
            "employee refers to employee",
            "rental belongs to customer",
            "rental refers to employee",
            "rental refers to customer",
        ],
    );
    let proposal = propose_for(&catalogue(staff));
    noted(
        &proposal,
        "collections.rental.refers_to",
        "created_by is not followed to customer: its name says",
    );
    noted(
        &proposal,
        "collections.rental.refers_to",
        "employee_id is not followed to employee: the row has a person",
    );
    noted(
        &proposal,
        "collections.employee.refers_to",
        "reports_to points at this table itself",
    );
}

#[test]
fn those_who_serve_own_what_is_nobody_elses() {
    check(
        "
        customer: id* email
        employee: id* email
        payslip: id* employee_id->employee.id amount:number
        branch: id* manager_id->employee.id city",
        &["payslip belongs to employee"],
    );
}

#[test]
fn a_pointer_without_a_foreign_key_is_guessed_and_says_so() {
    let lines = "
        customers: id* email
        orders: id* customer_id:int
        order_notes: id* order_id:int note
        visits: id* cust_id:int
        lists: id* customer_id:text";
    check(
        lines,
        &[
            "orders belongs to customers",
            "visits belongs to customers",
            "order_notes belongs to orders",
        ],
    );
    let proposal = propose_for(&catalogue(lines));
    noted(
        &proposal,
        "collections.orders.belongs_to",
        "a guess: no foreign key says so, but customer_id",
    );
    let yaml = proposal.to_yaml().unwrap();
    assert!(
        yaml.contains("    # a guess: no foreign key says so, but cust_id is named"),
        "{yaml}"
    );
}

#[test]
fn two_tables_that_a_column_may_be_named_after_are_no_guess() {
    check(
        "
        app_user: id* email
        web_user: id* email
        visit: id* user_id:int",
        &[],
    );
}

#[test]
fn a_shared_row_is_held_and_a_warehouse_is_not() {
    let lines = "
        person: id* email address_id->address.id
        shop: id* address_id->address.id
        purchase: id* person_id->person.id warehouse_id->warehouse.id
        address: id* street city
        warehouse: id* street city";
    check(
        lines,
        &[
            "purchase belongs to person",
            "address is held by person",
            "address is also used by shop",
        ],
    );
}

#[test]
fn a_copy_is_a_collection_of_its_own_found_by_the_same_key() {
    let lines = "
        customer: customer_id* email full_name
        customer_backup: customer_id:int email full_name
        orders: id* customer_id->customer.customer_id total:number
        orders_2023: id:int customer_id:int total:number";
    let proposal = propose_for(&catalogue(lines));
    let names: Vec<&String> = proposal.map.collections.keys().collect();
    assert_eq!(
        names,
        ["customer", "customer_backup", "orders", "orders_2023"]
    );
    noted(
        &proposal,
        "collections.customer_backup",
        "a copy of customer",
    );
    noted(
        &proposal,
        "collections.customer_backup.key",
        "customer_id is called like one",
    );
    let backup = &proposal.map.collections["customer_backup"];
    let identity = backup.columns["customer_id"].identity.as_ref().unwrap();
    assert_eq!(identity.kind.as_str(), "shop.customer_id");
    assert!(!identity.names_one_person);
    assert!(pointers(&proposal.map).contains(&"orders_2023 belongs to customer".to_owned()));
}

#[test]
fn a_row_that_bears_the_key_of_another_is_a_part_of_it() {
    let proposal = propose_for(&catalogue(
        "
        customer: id* email
        preference: customer_id*->customer.id theme
        settings: customer_id* theme
        complaint: id* customer_id:int body",
    ));
    assert_eq!(
        pointers(&proposal.map),
        [
            "preference belongs to customer",
            "settings belongs to customer",
            "complaint belongs to customer"
        ]
    );
    // Found by that key, too, when the customer's own row is gone.
    for part in ["preference", "settings"] {
        let key = &proposal.map.collections[part].columns["customer_id"];
        assert_eq!(
            key.identity.as_ref().unwrap().kind.as_str(),
            "shop.customer_id"
        );
    }
}

#[test]
fn partitions_circles_and_polymorphic_pointers_are_named() {
    let drawn = catalogue(
        "
        person: id* email last_order_id->purchase.id
        purchase: id* person_id->person.id
        comment: id* subject_type subject_id:int body",
    );
    let key = || ForeignKey::new(name("person"), vec![("person_id".into(), "id".into())]);
    let drawn = sketch::with(drawn, "purchase", |table| {
        table.partitions = vec![
            Partition {
                name: name("purchase_1"),
                lacks: vec![],
            },
            Partition {
                name: name("purchase_2"),
                lacks: vec![key()],
            },
        ];
    });
    let proposal = propose_for(&drawn);
    noted(
        &proposal,
        "collections.purchase.belongs_to",
        "the partition purchase_2 lacks foreign keys",
    );
    noted(
        &proposal,
        "collections.person",
        "the foreign keys of person, purchase run in a circle",
    );
    noted(
        &proposal,
        "",
        "rows of comment belong to several tables, as 'subject_type' says",
    );
    assert_eq!(
        pointers(&proposal.map),
        ["person refers to purchase", "purchase belongs to person"]
    );
}

#[test]
fn values_make_a_table_one_of_persons() {
    let drawn = catalogue("event: id* contact_ref what");
    assert!(propose(&drawn, None, "shop".parse().unwrap()).is_err());
    let sample = Sample::default().with(&name("event"), "contact_ref", &["ada@example.org"]);
    let proposal = propose(&drawn, Some(&sample), "shop".parse().unwrap()).unwrap();
    let column = &proposal.map.collections["event"].columns["contact_ref"];
    assert_eq!(column.category, Likeness::Email.category());
    assert_eq!(column.identity.as_ref().unwrap().kind.as_str(), "email");
    noted(
        &proposal,
        "collections.event.columns.contact_ref",
        "look like e-mail addresses",
    );
    let said = format!("{:?}{}", proposal.notes, proposal.to_yaml().unwrap());
    assert!(!said.contains("ada@"), "no value leaves");
}

#[test]
fn two_tables_of_one_name_are_told_by_their_schemas() {
    let proposal = propose_for(&catalogue(
        "
        person: id* email
        crm.person: id* email
        crm.visit: id* person_id:int",
    ));
    let names: Vec<&String> = proposal.map.collections.keys().collect();
    assert_eq!(names, ["main.person", "crm.person", "visit"]);
    assert_eq!(pointers(&proposal.map), ["visit belongs to crm.person"]);
    assert_eq!(
        proposal.map.collections["crm.person"].schema.as_deref(),
        Some("crm")
    );
}

#[test]
fn what_looks_like_persons_and_is_reached_by_nothing_is_named() {
    let proposal = propose_for(&catalogue(
        "
        person: id* email
        actor: id* first_name last_name",
    ));
    noted(&proposal, "", "whom nothing else leads to: actor.");
    assert_eq!(proposal.map.collections.len(), 1);
}
