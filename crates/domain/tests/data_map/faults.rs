//! Every fault in its exact words, with line and column: one change to a sound map each.

use habeas_domain::data_map::DataMap;

const SOUND: &str = include_str!("sound.yaml");

/// Replaces what occurs once and compares everything that is said.
#[track_caller]
pub fn check(from: &str, to: &str, expected: &[&str]) {
    assert_eq!(SOUND.matches(from).count(), 1, "'{from}' must occur once");
    let error = DataMap::parse("shop.yaml", &SOUND.replace(from, to)).unwrap_err();
    let said = error.to_string();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn the_map_that_the_others_are_made_of_is_sound() {
    DataMap::parse("shop.yaml", SOUND).unwrap();
}

#[test]
fn a_text_that_is_no_yaml_is_refused_where_it_breaks_off() {
    check(
        "ignore_tables: [audit]",
        "ignore_tables: [audit",
        &["shop.yaml:6:12: illegal placement of ':' indicator"],
    );
    check(
        "    title: Your account",
        "\ttitle: Your account",
        &["shop.yaml:8:2: tabs disallowed within this context (block indentation)"],
    );
}

#[test]
fn a_key_that_is_not_of_the_language_is_refused() {
    check(
        "    belongs_to:\n      - { collection: customer, on: { customer_id: id } }\n    lookback",
        "    belong_to: []\n    lookback",
        &[
            "shop.yaml:33:5: collections.orders.belong_to: no key 'belong_to' is known here; did you mean 'belongs_to'?",
        ],
    );
    check(
        "title: Web shop",
        "title: Web shop\nowner: me",
        &[
            "shop.yaml:4:1: owner: no key 'owner' is known here; there are habeas, store, title, description, withhold, ignore_tables, collections",
        ],
    );
    check(
        "article: GDPR",
        "artikel: GDPR",
        &[
            "shop.yaml:38:7: collections.orders.ground.artikel: no key 'artikel' is known here; did you mean 'article'?",
        ],
    );
}

#[test]
fn a_key_that_is_missing_or_stands_twice_is_refused() {
    check(
        "    key: [id, day]\n",
        "",
        &["shop.yaml:27:3: collections.orders: 'key' is missing"],
    );
    check(
        "title: Web shop\n",
        "",
        &["shop.yaml:1:1: 'title' is missing"],
    );
    check(
        "title: Web shop",
        "title: Web shop\ntitle: Shop",
        &["shop.yaml:4:1: title: 'title' stands here twice"],
    );
    check(
        "  staff:\n",
        "  customer:\n",
        &["shop.yaml:22:3: collections.customer: 'customer' stands here twice"],
    );
    check(
        "{ collection: staff, on: { staff_id: id } }",
        "{ collection: staff }",
        &["shop.yaml:67:9: collections.tally.held_by[0]: 'on' is missing"],
    );
    check(
        "{ collection: staff, on: { staff_id: id } }",
        "{}",
        &["shop.yaml:67:9: collections.tally.held_by[0]: 'collection' is missing"],
    );
}

#[test]
fn a_value_of_the_wrong_shape_is_refused() {
    check(
        "habeas: 1",
        "habeas: one",
        &["shop.yaml:1:9: habeas: a whole number is needed"],
    );
    check(
        "store: shop",
        "store: Web Shop",
        &[
            "shop.yaml:2:8: store: 'Web Shop' is not a store name: use 1 to 40 of a-z, 0-9, - and _, beginning with a letter",
        ],
    );
    check(
        "key: [id, day]",
        "key: id",
        &["shop.yaml:28:10: collections.orders.key: a list in brackets is needed"],
    );
    check(
        "names_one_person: true",
        "names_one_person: perhaps",
        &[
            "shop.yaml:14:72: collections.customer.columns.email.identity.names_one_person: true or false is needed",
        ],
    );
    check(
        "title: Web shop",
        "title: [Web, shop]",
        &["shop.yaml:3:8: title: a text is needed"],
    );
    check(
        "    columns:\n      id: { category: system }\n      staff_id: { category: user.unique_id }\n",
        "    columns: [id, staff_id]\n",
        &["shop.yaml:63:14: collections.tally.columns: a mapping is needed"],
    );
    check(
        "match: ignore_case",
        "match: ignorecase",
        &[
            "shop.yaml:14:41: collections.customer.columns.email.identity.match: no choice 'ignorecase' is known here; did you mean 'ignore_case'?",
        ],
    );
    check(
        "erase: keep",
        "erase: retain",
        &[
            "shop.yaml:36:12: collections.orders.erase: no choice 'retain' is known here; there are delete, columns, keep, derived",
        ],
    );
    check(
        "erase: random",
        "erase: scramble",
        &[
            "shop.yaml:55:53: collections.profile.columns.data.fields.tags[].erase: no choice 'scramble' is known here; there are null, fixed, random, pseudonymise, generalise, detach, keep",
        ],
    );
    check(
        "{ generalise: year }",
        "{ generalise: century }",
        &[
            "shop.yaml:48:78: collections.profile.columns.born.erase.generalise: no choice 'century' is known here; there are year, month, day, first",
        ],
    );
    check(
        "where: { about: customer }",
        "where: { about: { is: customer } }",
        &[
            "shop.yaml:42:21: collections.profile.where.about: a value or a list of values is needed",
        ],
    );
    check(
        "identity: { kind: alias }",
        "identity: { kind: Alias }",
        &[
            "shop.yaml:50:79: collections.profile.columns.alias.identity.kind: an identifier kind is 1 to 60 of a-z, 0-9, _ and ., beginning with a letter, such as email",
        ],
    );
    check(
        "      reason: The tax law.",
        "      reason: The tax law.\n      review: soon",
        &[
            "shop.yaml:40:15: collections.orders.ground.review: 'soon' is no day; write it as 2030-12-31",
        ],
    );
}

#[test]
fn the_head_of_a_map_has_its_rules() {
    check(
        "habeas: 1",
        "habeas: 2",
        &["shop.yaml:1:1: habeas: version 2 is unknown; use 1"],
    );
    check(
        "withhold: [user.government_id]",
        "withhold: [user.goverment_id]",
        &[
            "shop.yaml:4:12: withhold[0]: no category 'user.goverment_id' is known or used in this map; did you mean 'user.government_id'?",
        ],
    );
    check(
        "ignore_tables: [audit]",
        "ignore_tables: [audit, orders, audit]",
        &[
            "shop.yaml:5:24: ignore_tables[1]: 'orders' is mapped as the collection 'orders'",
            "shop.yaml:5:32: ignore_tables[2]: 'audit' is named twice",
        ],
    );
}

#[test]
fn a_map_needs_a_collection_and_a_collection_its_columns() {
    let head = "habeas: 1\nstore: shop\ntitle: Shop\ncollections: ";
    let said = |rest: &str| {
        let error = DataMap::parse("m.yaml", &format!("{head}{rest}")).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        said("{}"),
        "m.yaml:4:1: collections: at least one is needed"
    );
    assert_eq!(
        said("{ a: { key: [], columns: {} } }"),
        "m.yaml:4:21: collections.a.key: name the columns that identify a row\nm.yaml:4:30: collections.a.columns: name at least one column"
    );
}

#[test]
fn a_column_that_is_named_must_be_mapped() {
    check(
        "key: [id, day]",
        "key: [id, dya, id]",
        &[
            "shop.yaml:28:15: collections.orders.key[1]: no column 'dya' in 'columns'; did you mean 'day'?",
            "shop.yaml:28:20: collections.orders.key[2]: 'id' is named twice",
        ],
    );
    check(
        "suppress: { rep_id:",
        "suppress: { reps_id:",
        &[
            "shop.yaml:20:17: collections.customer.suppress.reps_id: no column 'reps_id' in 'columns'; did you mean 'rep_id'?",
        ],
    );
    check(
        "lookback: { column: day",
        "lookback: { column: placed_on",
        &[
            "shop.yaml:35:17: collections.orders.lookback.column: no column 'placed_on' in 'columns'",
        ],
    );
    check(
        "ignore: [shoe_size]",
        "ignore: [shoe_size, email, shoe_size]",
        &[
            "shop.yaml:21:25: collections.customer.ignore[1]: 'email' is mapped in 'columns'; it is one or the other",
            "shop.yaml:21:32: collections.customer.ignore[2]: 'shoe_size' is named twice",
        ],
    );
}

#[test]
fn filters_and_spans_must_mean_something() {
    check(
        "where: { about: customer }",
        "where: { about: [] }",
        &["shop.yaml:42:14: collections.profile.where.about: name at least one value"],
    );
    check(
        "about: [staff, guest]",
        "about: [staff, guest, staff]",
        &["shop.yaml:61:14: collections.tally.where.about: 'staff' is named twice"],
    );
    check(
        "months: 12",
        "months: 0",
        &["shop.yaml:35:30: collections.orders.lookback.months: use 1 to 1200"],
    );
    check(
        "months: 12",
        "months: 12000",
        &["shop.yaml:35:30: collections.orders.lookback.months: use 1 to 1200"],
    );
}

#[test]
fn a_category_is_about_the_person_or_about_nothing() {
    check(
        "      rep_id: { category: system }",
        "      rep_id: { category: contact.email }",
        &[
            "shop.yaml:15:17: collections.customer.columns.rep_id.category: 'contact.email' is no category: it begins with 'user', or with 'system' for what is no fact about the person",
        ],
    );
    check(
        "      rep_id: { category: system }",
        "      rep_id: { category: '' }",
        &[
            "shop.yaml:15:17: collections.customer.columns.rep_id.category: '' is no category: it begins with 'user', or with 'system' for what is no fact about the person",
        ],
    );
    check(
        "tags[]: { category: user.behavior",
        "tags[]: { category: usr.behavior",
        &[
            "shop.yaml:55:21: collections.profile.columns.data.fields.tags[].category: 'usr.behavior' is no category: it begins with 'user', or with 'system' for what is no fact about the person; did you mean 'user.behavior'?",
        ],
    );
}

#[test]
fn an_edge_leads_from_mapped_columns_to_mapped_columns() {
    check(
        "- { collection: staff, on: { staff_id: id } }",
        "- { collection: staf, on: { staff_id: id } }",
        &[
            "shop.yaml:67:11: collections.tally.held_by[0].collection: no collection named 'staf'; did you mean 'staff'?",
        ],
    );
    check(
        "- { collection: staff, on: { staff_id: id } }",
        "- { collection: staff, on: { stuff_id: ids } }",
        &[
            "shop.yaml:67:36: collections.tally.held_by[0].on.stuff_id: no column 'stuff_id' in 'columns'; did you mean 'staff_id'?",
            "shop.yaml:67:36: collections.tally.held_by[0].on.stuff_id: 'staff': no column 'ids' in 'columns'; did you mean 'id'?",
        ],
    );
    check(
        "- { collection: staff, on: { staff_id: id } }",
        "- { collection: staff, on: {} }",
        &[
            "shop.yaml:67:30: collections.tally.held_by[0].on: name at least one pair of columns, here: there",
        ],
    );
    check(
        "on: { rep_id: id }",
        "on: { rep: email_id }",
        &[
            "shop.yaml:17:36: collections.customer.refers_to[0].on.rep: no column 'rep' in 'columns'",
            "shop.yaml:17:36: collections.customer.refers_to[0].on.rep: 'staff': no column 'email_id' in 'columns'",
        ],
    );
    check(
        "{ table: depot, on: { id: customer_id } }",
        "{ table: depot, on: { ids: customer_id } }",
        &[
            "shop.yaml:19:31: collections.customer.also_used_by[0].on.ids: no column 'ids' in 'columns'; did you mean 'id'?",
        ],
    );
    check(
        "{ table: depot, on: { id: customer_id } }",
        "{ table: depot, on: {} }",
        &[
            "shop.yaml:19:25: collections.customer.also_used_by[0].on: name at least one pair of columns, here: there",
        ],
    );
}

#[test]
fn an_edge_is_named_once_and_means_one_thing() {
    check(
        "      - { collection: staff, on: { staff_id: id } }",
        "      - { collection: staff, on: { staff_id: id } }\n      - { collection: staff, on: { staff_id: id } }",
        &["shop.yaml:68:9: collections.tally.held_by[1]: the same way to 'staff' is named twice"],
    );
    check(
        "    lookback:",
        "    refers_to: [{ collection: customer, on: { customer_id: id } }]\n    lookback:",
        &[
            "shop.yaml:35:17: collections.orders.refers_to[0]: these columns make the row belong to 'customer'; it is one or the other",
        ],
    );
    check(
        "on: { rep_id: id }, when",
        "on: { id: id }, when",
        &[
            "shop.yaml:17:46: collections.customer.refers_to[0].when_erased: a key column cannot be emptied; use 'stop'",
        ],
    );
}

#[test]
fn ownership_begins_at_a_person_and_has_an_end() {
    check(
        "    held_by:\n      - { collection: staff, on: { staff_id: id } }\n",
        "",
        &[
            "shop.yaml:59:3: collections.tally: no person leads to it; add an identity, belongs_to or held_by, or leave it out",
        ],
    );
    check(
        "- { collection: staff, on: { staff_id: id } }",
        "- { collection: tally, on: { staff_id: id } }",
        &[
            "shop.yaml:67:9: collections.tally.held_by[0]: a row that belongs to another row of its own collection has no end; a pointer between them is 'refers_to'",
        ],
    );
    check(
        "    suppress:",
        "    held_by: [{ collection: orders, on: { id: customer_id } }]\n    suppress:",
        &[
            "shop.yaml:7:3: collections.customer: its ownership runs in a circle (customer, orders); one of these edges is a 'refers_to'",
        ],
    );
}

#[test]
fn a_map_that_finds_nobody_is_refused() {
    let text = "habeas: 1\nstore: s\ntitle: S\ncollections:\n  a: { key: [id], columns: { id: { category: user } } }\n";
    let error = DataMap::parse("m.yaml", text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "m.yaml:4:1: collections: no column has an 'identity', so nobody can be found"
    );
}

#[test]
fn a_row_is_in_one_collection_only() {
    check(
        "    where: { about: [staff, guest] }\n",
        "",
        &[
            "shop.yaml:59:3: collections.tally.where: a row of the table 'fact' may be in 'profile' too; give both a 'where' on one column, with different values",
        ],
    );
    check(
        "about: [staff, guest]",
        "about: [staff, customer]",
        &[
            "shop.yaml:61:5: collections.tally.where: a row of the table 'fact' may be in 'profile' too; give both a 'where' on one column, with different values",
        ],
    );
    // A view over the same table writes nothing, so it may.
    let view = SOUND.replace(
        "    where: { about: [staff, guest] }\n",
        "    erase: derived\n",
    );
    DataMap::parse("shop.yaml", &view).unwrap();
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let text = SOUND
        .replace("{ table: depot, on: { id:", "{ table: depot, on: { ids:")
        .replace("habeas: 1", "habeas: 3")
        .replace("about: [staff, guest]", "about: []");
    let error = DataMap::parse("shop.yaml", &text).unwrap_err();
    let places: Vec<String> = error
        .faults
        .iter()
        .map(|fault| format!("{} {}", fault.place.unwrap(), fault.path))
        .collect();
    assert_eq!(
        places,
        [
            "1:1 habeas",
            "19:31 collections.customer.also_used_by[0].on.ids",
            "61:14 collections.tally.where.about"
        ]
    );
}

#[test]
fn a_finding_of_the_live_check_is_placed_by_its_path() {
    let at = |path: &str| DataMap::position(SOUND, path).unwrap().to_string();
    assert_eq!(at("collections.customer.columns.email"), "12:7");
    assert_eq!(at("collections.customer.columns.not_mapped"), "10:5");
    assert_eq!(
        at("collections.profile.columns.data.fields.contact.email"),
        "54:11"
    );
    assert_eq!(DataMap::position("", "collections"), None);
}
