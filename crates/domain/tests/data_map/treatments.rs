//! What a map must say about values that are treated and rows that stay.

use crate::faults::check;

#[test]
fn what_stays_has_a_ground_and_nothing_else_has() {
    check(
        "    ground:\n      article: GDPR Art. 17(3)(b)\n      reason: The tax law.\n",
        "",
        &[
            "shop.yaml:27:3: collections.orders.ground: 'erase: keep' needs a ground with article and reason",
        ],
    );
    check(
        "reason: The tax law.",
        "reason: ' '",
        &["shop.yaml:39:7: collections.orders.ground.reason: is empty; the subject reads it"],
    );
    check(
        "    erase: keep\n",
        "",
        &["shop.yaml:36:5: collections.orders.ground: a ground stands only beside 'erase: keep'"],
    );
    check(
        "erase: { fixed: gone }",
        "erase: keep",
        &[
            "shop.yaml:50:7: collections.profile.columns.alias.ground: 'erase: keep' needs a ground with article and reason",
        ],
    );
}

#[test]
fn every_personal_value_of_a_row_that_stays_has_a_fate() {
    check(
        ", erase: { fixed: gone }",
        "",
        &[
            "shop.yaml:50:7: collections.profile.columns.alias.erase: the row stays, so say what happens to this: 'null', fixed, random, pseudonymise, generalise, detach or keep",
        ],
    );
    check(
        "password, erase: \"null\" }",
        "password, erase: null }",
        &[
            "shop.yaml:49:56: collections.profile.columns.secret.erase: without quotes null says nothing at all; write \"null\"",
        ],
    );
    check(
        "contact.email: { category: user.contact.email, erase: \"null\" }",
        "contact.email: { category: user.contact.email }",
        &[
            "shop.yaml:54:11: collections.profile.columns.data.fields.contact.email.erase: the row stays, so say what happens to this: 'null', fixed, random, pseudonymise, generalise, detach or keep",
        ],
    );
    check(
        "    erase: columns\n",
        "",
        &[
            "shop.yaml:47:48: collections.profile.columns.customer_id.erase: only where the collection has 'erase: columns'",
            "shop.yaml:48:57: collections.profile.columns.born.erase: only where the collection has 'erase: columns'",
            "shop.yaml:49:56: collections.profile.columns.secret.erase: only where the collection has 'erase: columns'",
            "shop.yaml:50:37: collections.profile.columns.alias.erase: only where the collection has 'erase: columns'",
            "shop.yaml:54:58: collections.profile.columns.data.fields.contact.email.erase: only where the collection has 'erase: columns'",
            "shop.yaml:55:46: collections.profile.columns.data.fields.tags[].erase: only where the collection has 'erase: columns'",
        ],
    );
}

#[test]
fn a_treatment_must_fit_what_it_treats() {
    check(
        "password, erase: \"null\"",
        "password, erase: pseudonymise",
        &[
            "shop.yaml:49:56: collections.profile.columns.secret.erase: 'user.authorization.password' lets somebody in and is not made coarser or hashed; use 'null', fixed or random",
        ],
    );
    check(
        "{ fixed: gone }",
        "{ generalise: month }",
        &[
            "shop.yaml:50:37: collections.profile.columns.alias.erase: 'user.name' is no date; use 'first' with a number of letters, or 'null'",
        ],
    );
    check(
        "{ generalise: year }",
        "{ generalise: { first: 0 } }",
        &[
            "shop.yaml:48:57: collections.profile.columns.born.erase: the first 0 letters are none; use 'null'",
        ],
    );
    check(
        "{ fixed: gone }",
        "detach",
        &[
            "shop.yaml:50:37: collections.profile.columns.alias.erase: detach empties a pointer, and this is a fact about the person; use 'null'",
        ],
    );
    check(
        "identity: { kind: alias }",
        "identity: { kind: alias, names_one_person: true }",
        &[
            "shop.yaml:50:37: collections.profile.columns.alias.erase: afterwards several people share the value, though it says 'names_one_person'; use 'null' or random",
        ],
    );
    check(
        "      id: { category: system }\n      about",
        "      id: { category: system, erase: random }\n      about",
        &[
            "shop.yaml:45:31: collections.profile.columns.id.erase: a key column cannot be replaced; keep it, or erase the row",
        ],
    );
    check(
        "about: { category: system }",
        "about: { category: system, erase: random }",
        &[
            "shop.yaml:46:34: collections.profile.columns.about.erase: 'where' tells the rows by this column, so it cannot be replaced",
        ],
    );
}

#[test]
fn a_json_value_is_treated_whole_or_in_parts_that_do_not_overlap() {
    check(
        "        category: user\n",
        "        category: user\n        erase: \"null\"\n",
        &[
            "shop.yaml:53:9: collections.profile.columns.data.erase: this treats the whole column; treat it or its fields, not both",
        ],
    );
    check(
        "tags[]: { category: user.behavior",
        "contact: { category: user.behavior",
        &[
            "shop.yaml:55:47: collections.profile.columns.data.fields.contact.erase: one of this and 'contact.email' lies inside the other; treat one",
        ],
    );
    check(
        "tags[]:",
        "tags[0]:",
        &[
            "shop.yaml:55:11: collections.profile.columns.data.fields.tags[0]: a path is names with dots, and '[]' for every element of an array: contact.email, emails[]",
        ],
    );
}

#[test]
fn nothing_is_written_to_a_view() {
    check(
        "    lookback: { column: day, months: 12 }\n    erase: keep\n    ground:\n      article: GDPR Art. 17(3)(b)\n      reason: The tax law.\n",
        "    erase: derived\n    suppress: { day: '' }\n    also_used_by: [{ table: depot, on: { id: order_id } }]\n",
        &[
            "shop.yaml:36:5: collections.orders.suppress: nothing is written to a view; name the columns of its tables",
            "shop.yaml:36:17: collections.orders.suppress.day: a key column cannot be written",
            "shop.yaml:37:5: collections.orders.also_used_by: a view has no rows of its own that others could use",
        ],
    );
}
