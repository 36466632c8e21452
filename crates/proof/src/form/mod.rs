//! The three forms of one collection: JSON (canonical), CSV (for spreadsheets), HTML (to read). Each
//! is written record by record; nothing here holds more than one record.

pub(crate) mod csv;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod replay;

use std::collections::HashMap;

use serde_json::Value;

use crate::{CollectionInfo, Record};

/// More fields than any honest collection has; a record may not widen the table without end.
pub(crate) const MAX_FIELDS: usize = 2_000;

/// The fields of a collection: the described ones in their order, then others as they turn up.
pub(crate) struct Columns {
    names: Vec<String>,
    positions: HashMap<String, usize>,
}

/// A record has more fields than the limit, or one that was not there when it was read before.
pub(crate) struct UnknownField;

impl Columns {
    pub fn described(info: &CollectionInfo) -> Self {
        let mut columns = Self {
            names: Vec::new(),
            positions: HashMap::new(),
        };
        for field in &info.fields {
            columns.add(&field.name);
        }
        columns
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Takes in the fields of a record.
    pub fn learn(&mut self, record: &Record) -> Result<(), UnknownField> {
        for (name, _) in record {
            self.add(name);
        }
        if self.names.len() > MAX_FIELDS {
            Err(UnknownField)
        } else {
            Ok(())
        }
    }

    /// The values of a record, one for each column. A field that the record has not is null.
    pub fn row<'a>(&self, record: &'a Record) -> Result<Vec<&'a Value>, UnknownField> {
        let mut row = vec![&Value::Null; self.names.len()];
        for (name, value) in record {
            row[*self.positions.get(name).ok_or(UnknownField)?] = value;
        }
        Ok(row)
    }

    fn add(&mut self, name: &str) {
        if !self.positions.contains_key(name) {
            self.positions.insert(name.to_owned(), self.names.len());
            self.names.push(name.to_owned());
        }
    }
}
