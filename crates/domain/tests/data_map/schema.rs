//! `docs/data-map.schema.json`: up to date, and of one mind with the reader.

use boon::{Compiler, Schemas};
use habeas_domain::data_map::DataMap;
use serde_json::Value;

const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/data-map.schema.json"
);

/// What the schema says about a map, if anything.
pub fn complaint(yaml: &str) -> Option<String> {
    let value: Value = serde_saphyr::from_str(yaml).unwrap();
    let mut compiler = Compiler::new();
    let name = "data-map.json";
    compiler.add_resource(name, DataMap::json_schema()).unwrap();
    let mut schemas = Schemas::new();
    let schema = compiler.compile(name, &mut schemas).unwrap();
    schemas
        .validate(&value, schema)
        .err()
        .map(|error| error.to_string())
}

#[test]
fn the_schema_in_the_documentation_is_up_to_date() {
    let kept = std::fs::read_to_string(PATH).unwrap_or_default();
    let kept: Value = serde_json::from_str(&kept).unwrap_or_default();
    assert!(
        kept == DataMap::json_schema(),
        "docs/data-map.schema.json is old; write it anew with \
         `habeas store schema > docs/data-map.schema.json`"
    );
}

#[test]
fn a_sound_map_satisfies_the_schema() {
    assert_eq!(complaint(include_str!("sound.yaml")), None);
}

#[test]
fn what_has_not_the_shape_of_a_map_does_not() {
    let sound = include_str!("sound.yaml");
    for (from, to) in [
        ("habeas: 1", "habeas: 2"),
        ("store: shop", "store: Web Shop"),
        ("key: [id, day]", "key: id"),
        ("    key: [id, day]\n", ""),
        ("    belongs_to:\n", "    belong_to:\n"),
        ("match: ignore_case", "match: ignorecase"),
        ("erase: random", "erase: scramble"),
        ("{ generalise: year }", "{ generalise: century }"),
        ("password, erase: \"null\"", "password, erase: null"),
        ("about: [staff, guest]", "about: { is: staff }"),
        ("months: 12", "months: 0"),
        ("category: user.name", "category: name"),
        ("kind: alias", "kind: Alias"),
    ] {
        assert!(sound.contains(from), "{from}");
        assert!(complaint(&sound.replace(from, to)).is_some(), "{to}");
    }
}
