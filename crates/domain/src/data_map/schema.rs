//! The JSON Schema of the data map, for editors: made from the types, and written to
//! `docs/data-map.schema.json`.

use std::borrow::Cow;

use schemars::{
    JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema,
    transform::RecursiveTransform,
};
use serde_json::{Value, json};

use super::{DataMap, category};

pub(super) const STORE: &str = "^[a-z][a-z0-9_-]{0,39}$";
pub(super) const KIND: &str = "^[a-z][a-z0-9_.]{0,59}$";

/// Any category that is well formed; the known ones are offered by an editor.
pub(super) struct Category;

impl JsonSchema for Category {
    fn schema_name() -> Cow<'static, str> {
        "Category".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let known: Vec<&str> = category::current().collect();
        json_schema!({
            "description": format!(
                "A data category of the fideslang taxonomy {} (Ethyca, CC BY 4.0) or an extension \
                 of it; `system` for what is no fact about the person.",
                category::VERSION
            ),
            "type": "string",
            "anyOf": [
                { "enum": known },
                { "pattern": r"^(user|system)(\.[A-Za-z0-9_-]+)*$" },
            ],
        })
    }
}

pub(super) fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(never_null));
    let mut schema = settings.into_generator().into_root_schema_for::<DataMap>();
    schema.insert("title".to_owned(), json!("Habeas data map"));
    schema.to_value()
}

/// What is optional is left out. A bare `erase: null` would say nothing and look as if it did.
fn never_null(schema: &mut Schema) {
    let null = json!("null");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| *kind != null);
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&null));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            for (key, value) in only {
                schema.insert(key, value);
            }
        }
    }
}
