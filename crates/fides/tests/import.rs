//! Datasets of our own making, taken over: the map, the report, and what is refused.

use habeas_domain::data_map::{ColumnTreatment, DataMap, RowTreatment, WhenErased};
use habeas_fides::{Import, Options, Rows, import};

const BAKERY: &str = include_str!("datasets/bakery.yaml");
const CLUB: &str = include_str!("datasets/club.yaml");

fn taken(text: &str, rows: Rows) -> Import {
    let options = Options {
        store: "shop".parse().unwrap(),
        dataset: None,
        rows,
    };
    import("fides.yaml", text, &options).unwrap()
}

/// The map, which must pass.
fn sound(text: &str, rows: Rows) -> DataMap {
    let import = taken(text, rows);
    assert_eq!(import.report.faults, []);
    DataMap::parse("map.yaml", &import.yaml).unwrap()
}

fn refused(text: &str, dataset: Option<&str>) -> String {
    let options = Options {
        store: "shop".parse().unwrap(),
        dataset: dataset.map(str::to_owned),
        rows: Rows::Stay,
    };
    import("fides.yaml", text, &options)
        .unwrap_err()
        .to_string()
}

/// A dataset with one collection that a person is found in, and these further fields.
fn with_fields(fields: &str) -> String {
    format!(
        "dataset:
  - fides_key: db
    collections:
      - name: person
        fields:
          - {{ name: id, data_categories: [system.operations], fides_meta: {{ primary_key: true }} }}
          - {{ name: mail, data_categories: [user.contact.email], fides_meta: {{ identity: email }} }}
{fields}"
    )
}

/// What is to be decided about one thing.
fn decisions(import: &Import, about: &str) -> Vec<String> {
    let all = import.report.decisions.iter();
    all.filter(|remark| remark.about == about)
        .map(|remark| remark.message.clone())
        .collect()
}

#[test]
fn the_whole_account_of_a_dataset_reads_well() {
    let import = taken(BAKERY, Rows::Stay);
    assert_eq!(
        import.report.in_words("shop.yaml"),
        include_str!("datasets/bakery.report.txt")
    );
    assert_eq!(import.yaml, include_str!("datasets/bakery.map.txt"));
}

#[test]
fn where_rows_may_go_the_map_passes_as_it_is() {
    let map = sound(BAKERY, Rows::Delete);
    assert_eq!(map.title, "Bakery");
    assert_eq!(map.ignore_tables, ["shopfloor.oven"]);
    let names: Vec<&String> = map.collections.keys().collect();
    assert_eq!(names, ["regular", "sale", "visitor_book"]);
    let regular = &map.collections["regular"];
    assert_eq!(regular.schema.as_deref(), Some("shopfloor"));
    assert_eq!(regular.erase, RowTreatment::Delete);
    assert_eq!(regular.columns["mail"].category, "user.contact.email");
}

#[test]
fn nested_objects_and_arrays_become_parts_of_a_json_column() {
    let map = sound(BAKERY, Rows::Delete);
    let wishes = &map.collections["regular"].columns["wishes"];
    assert_eq!(wishes.category, "user");
    let parts: Vec<&String> = wishes.fields.keys().collect();
    assert_eq!(parts, ["call_me", "loaves[].grain", "loaves[].notes[]"]);
}

#[test]
fn a_column_that_is_an_array_of_objects_is_read_element_by_element() {
    let map = sound(
        &with_fields(
            "          - name: kin
            fides_meta: { data_type: 'object[]' }
            fields: [{ name: first, data_categories: [user.name.first] }]\n",
        ),
        Rows::Stay,
    );
    let kin = &map.collections["person"].columns["kin"];
    assert_eq!(kin.category, "user.name.first");
    assert_eq!(kin.fields["[].first"].erase, Some(ColumnTreatment::Null));
}

#[test]
fn a_pointer_to_another_person_is_never_followed() {
    let import = taken(CLUB, Rows::Delete);
    assert_eq!(import.report.faults, []);
    let map = DataMap::parse("map.yaml", &import.yaml).unwrap();
    let member = &map.collections["member"];
    assert!(member.belongs_to.is_empty() && member.held_by.is_empty());
    let pointers: Vec<(&str, WhenErased)> = member
        .refers_to
        .iter()
        .map(|pointer| (pointer.collection.as_str(), pointer.when_erased))
        .collect();
    assert_eq!(
        pointers,
        [
            ("member", WhenErased::Stop),
            ("coach", WhenErased::Stop),
            ("team", WhenErased::Stop)
        ]
    );
    assert!(map.collections["coach"].held_by.is_empty());
}

#[test]
fn a_circle_is_cut_where_it_leads_back_to_the_person() {
    let import = taken(CLUB, Rows::Delete);
    let map = DataMap::parse("map.yaml", &import.yaml).unwrap();
    assert_eq!(map.collections["team"].belongs_to[0].collection, "member");
    assert_eq!(
        decisions(&import, "member.team_id"),
        [
            "followed, it would lead in a circle, so it is taken as a pointer and not followed; if those \
          rows are the subject's, say so with belongs_to or held_by"
        ]
    );
}

#[test]
fn a_reference_without_direction_leads_away_from_the_person() {
    let import = taken(CLUB, Rows::Delete);
    let map = DataMap::parse("map.yaml", &import.yaml).unwrap();
    assert_eq!(map.collections["game"].belongs_to[0].collection, "member");
    assert_eq!(
        decisions(&import, "game.winner_id"),
        ["the reference has no direction; taken so that rows of 'game' belong to rows of 'member'"]
    );
}

#[test]
fn references_to_a_composite_key_are_one_edge() {
    let map = sound(CLUB, Rows::Delete);
    let goal = &map.collections["goal"];
    assert_eq!(goal.belongs_to.len(), 1);
    let on: Vec<(&String, &String)> = goal.belongs_to[0].on.iter().collect();
    assert_eq!(
        on,
        [
            (&"game_day".to_owned(), &"day".to_owned()),
            (&"game_round".to_owned(), &"round".to_owned())
        ]
    );
}

#[test]
fn every_masking_strategy_has_its_treatment() {
    let treatment = |strategy: &str| {
        let field = format!(
            "          - name: it
            data_categories: [user.name]
            fides_meta: {{ masking_strategy_override: {strategy} }}\n"
        );
        let import = taken(&with_fields(&field), Rows::Stay);
        let map = DataMap::parse("map.yaml", &import.yaml).ok();
        let erase = map.and_then(|map| map.collections["person"].columns["it"].erase.clone());
        (erase, decisions(&import, "person.it").len())
    };
    let pseudonymised = (Some(ColumnTreatment::Pseudonymise), 1);
    assert_eq!(
        treatment("{ strategy: null_rewrite }"),
        (Some(ColumnTreatment::Null), 0)
    );
    assert_eq!(
        treatment("{ strategy: string_rewrite, configuration: { rewrite_value: x } }"),
        (Some(ColumnTreatment::Fixed("x".to_owned())), 0)
    );
    assert_eq!(
        treatment("{ strategy: random_string_rewrite }"),
        (Some(ColumnTreatment::Random), 1)
    );
    assert_eq!(
        treatment("{ strategy: hash, configuration: { algorithm: SHA-512 } }"),
        pseudonymised
    );
    assert_eq!(treatment("{ strategy: hmac }"), pseudonymised);
    assert_eq!(treatment("{ strategy: aes_encrypt }"), pseudonymised);
    assert_eq!(
        treatment("{ strategy: ip_mask }"),
        (Some(ColumnTreatment::Null), 1)
    );
    assert_eq!(
        treatment("{ strategy: shredder }"),
        (Some(ColumnTreatment::Null), 1)
    );
    // Nobody but a person can name the ground on which something stays.
    assert_eq!(treatment("{ strategy: preserve }"), (None, 1));
}

#[test]
fn what_keeps_a_map_from_passing_is_said_with_its_line() {
    let import = taken(
        &with_fields(
            "          - { name: born, data_categories: [user.demographic.date_of_birth], fides_meta: { read_only: true } }\n",
        ),
        Rows::Stay,
    );
    assert_eq!(
        decisions(&import, "person.born"),
        ["it is read-only; say 'erase: keep' with the ground on which it stays, or let the row go"]
    );
    let fault = &import.report.faults[0];
    assert_eq!(fault.path, "collections.person.columns.born.erase");
    let line = import
        .yaml
        .lines()
        .nth(fault.place.unwrap().line - 1)
        .unwrap();
    assert_eq!(line.trim(), "born:");
}

#[test]
fn a_key_that_nobody_named_is_guessed_or_asked_for() {
    let named = with_fields("").replace(", fides_meta: { primary_key: true }", "");
    let import = taken(&named, Rows::Delete);
    assert_eq!(import.report.faults, []);
    assert_eq!(
        decisions(&import, "person")[0],
        "it names no primary key; 'id' is taken"
    );
    let import = taken(&named.replace("name: id", "name: number"), Rows::Delete);
    assert_eq!(
        import.report.faults[0].to_string(),
        "collections.person.key: name the columns that identify a row"
    );
}

#[test]
fn stores_are_tied_by_an_identifier_of_one_kind_on_both_sides() {
    let card = |dataset: &str| {
        let text = "dataset:
  - fides_key: cards
    collections:
      - name: card
        fields:
          - { name: number, data_categories: [user.unique_id], fides_meta: { primary_key: true,
              references: [{ dataset: bakery_db, field: sale.loyalty_card, direction: to }] } }
  - fides_key: bakery_db
    collections:
      - name: sale
        fields:
          - { name: id, data_categories: [system.operations], fides_meta: { primary_key: true } }
          - { name: loyalty_card, data_categories: [user.unique_id], fides_meta: {
              references: [{ dataset: cards, field: card.number, direction: from }] } }
";
        let options = Options {
            store: "shop".parse().unwrap(),
            dataset: Some(dataset.to_owned()),
            rows: Rows::Delete,
        };
        let import = import("fides.yaml", text, &options).unwrap();
        let map = DataMap::parse("map.yaml", &import.yaml).unwrap();
        let kinds = map
            .identities()
            .map(|(_, _, identity)| identity.kind.to_string());
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(card("cards"), ["cards.card.number"]);
    assert_eq!(card("bakery_db"), ["cards.card.number"]);
}

#[test]
fn what_the_formats_do_not_share_is_said() {
    let import = taken(
        &with_fields(
            "          - { name: tags, data_categories: [user.content], fides_meta: { identity: tag, data_type: 'string[]' } }
          - { name: plan, data_categories: [loyalty.tier] }
          - { name: blank }
          - { name: ask, data_categories: [user.content], fides_meta: { custom_request_field: tenant } }
          - { name: gone, data_categories: [user.content], fides_meta: { references: [{ dataset: db, field: nobody.id, direction: from }] } }\n",
        ),
        Rows::Delete,
    );
    let first = |about: &str| decisions(&import, about).join(" / ");
    assert!(first("person.tags").contains("Fides hands out the matching elements only"));
    assert!(first("person.plan").starts_with("the category 'loyalty.tier' begins with neither"));
    assert!(first("person.blank").starts_with("it has no category; taken as 'system'"));
    assert!(first("person.ask").contains("the request field 'tenant'"));
    assert!(first("person.gone").starts_with("its reference to 'nobody.id' is left out"));
}

#[test]
fn every_remark_has_its_line_in_the_dataset() {
    for text in [BAKERY, CLUB] {
        let report = taken(text, Rows::Stay).report;
        for remark in report.decisions.iter().chain(&report.told) {
            let line = remark.place.unwrap().line;
            assert!((3..=text.lines().count()).contains(&line), "{remark:?}");
        }
    }
}

#[test]
fn a_file_that_is_no_dataset_is_refused_with_its_line() {
    assert_eq!(
        refused("", None),
        "fides.yaml: holds no dataset; a file of Fides begins with 'dataset:'"
    );
    assert_eq!(
        refused("system: []", None),
        "fides.yaml: holds no dataset; a file of Fides begins with 'dataset:'"
    );
    assert_eq!(
        refused("dataset:\n  - fides_key: a\n", None),
        "fides.yaml:2:5: dataset[0]: 'collections' is missing"
    );
    assert_eq!(
        refused(&BAKERY.replace("direction: to", "direction: up"), None),
        "fides.yaml:27:77: dataset[0].collections[0].fields[3].fides_meta.references[0].direction: \
         no choice 'up' is known here; there are from, to"
    );
    assert_eq!(
        refused(
            &BAKERY.replace(
                "fields:\n          - name: id\n            data_categories: [user",
                "fields:\n          - title: id\n            data_categories: [user"
            ),
            None
        ),
        "fides.yaml:12:13: dataset[0].collections[0].fields[0]: 'name' is missing"
    );
    assert_eq!(
        refused("dataset: [", None),
        "fides.yaml:1:10: dataset: unclosed bracket '['"
    );
}

#[test]
fn of_several_datasets_one_is_chosen() {
    let several =
        "dataset:\n  - { fides_key: a, collections: [] }\n  - { fides_key: b, collections: [] }\n";
    assert_eq!(
        refused(several, None),
        "fides.yaml: holds several datasets (a, b); choose one of them"
    );
    assert_eq!(
        refused(several, Some("c")),
        "fides.yaml: holds no dataset 'c'; there are a, b"
    );
}
