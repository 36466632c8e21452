//! The dataset file of Fides, as far as it says something that a data map can say.
//!
//! Source: the models of fideslang 3.1 (`Dataset`, `DatasetCollection`, `DatasetField`, `FidesMeta`,
//! `CollectionMeta`). As there, keys that are not known are passed over, every key but the names may
//! be `null`, and `fidesops_meta` is an older name of `fides_meta`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct File {
    #[serde(default)]
    pub dataset: Vec<Dataset>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dataset {
    pub fides_key: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub data_categories: Option<Vec<String>>,
    pub fides_meta: Option<DatasetMeta>,
    pub fidesops_meta: Option<DatasetMeta>,
    pub collections: Vec<Collection>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct DatasetMeta {
    pub after: Option<Vec<String>>,
    pub namespace: Option<Namespace>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Namespace {
    pub schema: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Collection {
    pub name: String,
    pub description: Option<String>,
    pub data_categories: Option<Vec<String>>,
    pub fields: Vec<Field>,
    pub fides_meta: Option<CollectionMeta>,
    pub fidesops_meta: Option<CollectionMeta>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct CollectionMeta {
    pub after: Option<Vec<String>>,
    pub erase_after: Option<Vec<String>>,
    pub skip_processing: Option<bool>,
    pub masking_strategy_override: Option<Masking>,
    pub partitioning: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Field {
    pub name: String,
    pub description: Option<String>,
    pub data_categories: Option<Vec<String>>,
    pub fides_meta: Option<FieldMeta>,
    pub fidesops_meta: Option<FieldMeta>,
    pub fields: Option<Vec<Field>>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct FieldMeta {
    pub references: Option<Vec<Reference>>,
    pub identity: Option<String>,
    pub primary_key: Option<bool>,
    pub data_type: Option<String>,
    pub return_all_elements: Option<bool>,
    pub read_only: Option<bool>,
    pub custom_request_field: Option<String>,
    pub masking_strategy_override: Option<Masking>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Reference {
    pub dataset: String,
    /// `collection.field`, or `collection.field.part`.
    pub field: String,
    pub direction: Option<Direction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    /// The other field is read first, and its values find rows here.
    From,
    /// The values here find rows there.
    To,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Masking {
    pub strategy: String,
    pub configuration: Option<Configuration>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Configuration {
    pub rewrite_value: Option<String>,
}

impl Dataset {
    pub(crate) fn meta(&self) -> Option<&DatasetMeta> {
        self.fides_meta.as_ref().or(self.fidesops_meta.as_ref())
    }
}

impl Collection {
    pub(crate) fn meta(&self) -> Option<&CollectionMeta> {
        self.fides_meta.as_ref().or(self.fidesops_meta.as_ref())
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The fields that Fides takes for the primary key.
    pub(crate) fn primary_key(&self) -> impl Iterator<Item = &str> {
        let keys = self.fields.iter().filter(|field| field.is_key());
        keys.map(|field| field.name.as_str())
    }
}

impl Field {
    pub(crate) fn meta(&self) -> Option<&FieldMeta> {
        self.fides_meta.as_ref().or(self.fidesops_meta.as_ref())
    }

    pub(crate) fn is_key(&self) -> bool {
        self.meta().and_then(|meta| meta.primary_key) == Some(true)
    }

    pub(crate) fn is_array(&self) -> bool {
        let kind = self.meta().and_then(|meta| meta.data_type.as_deref());
        kind.is_some_and(|kind| kind.ends_with("[]"))
    }

    pub(crate) fn parts(&self) -> &[Field] {
        self.fields.as_deref().unwrap_or_default()
    }
}
