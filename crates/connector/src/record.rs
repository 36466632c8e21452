//! Exported rows.

use std::{pin::Pin, sync::Arc};

use base64::Engine as _;
use futures::Stream;
use habeas_domain::outcome::CollectionRows;
use serde::{Deserialize, Serialize, Serializer};

use crate::StoreError;

/// One value of a row, without loss: decimals keep their digits, bytes stay bytes.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    /// A decimal or floating-point number as the store prints it.
    Number(String),
    Text(String),
    /// Base64 in every text form.
    Bytes(Vec<u8>),
    /// A value exists and is not disclosed, such as a password hash.
    Withheld,
}

impl Value {
    /// The value as a person's package shows it.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.shown()).expect("a value of a row is a scalar")
    }

    /// As [`Value::to_json`], to be written somewhere without a copy.
    pub fn shown(&self) -> Shown<'_> {
        Shown(self)
    }
}

/// A value on its way into a person's package.
#[derive(Debug)]
pub struct Shown<'a>(&'a Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => to.serialize_unit(),
            Value::Bool(value) => to.serialize_bool(*value),
            Value::Integer(value) => to.serialize_i64(*value),
            // A number that a 64-bit float would change stays text.
            Value::Number(digits) => match digits.parse::<f64>() {
                Ok(number) if number.is_finite() && number.to_string() == *digits => {
                    to.serialize_f64(number)
                }
                Ok(_) | Err(_) => to.serialize_str(digits),
            },
            Value::Text(text) => to.serialize_str(text),
            Value::Bytes(bytes) => {
                to.serialize_str(&base64::engine::general_purpose::STANDARD.encode(bytes))
            }
            Value::Withheld => to.serialize_str("[withheld: held, but not disclosed]"),
        }
    }
}

/// A row prints as a placeholder: it is personal data.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[personal]")
    }
}

/// The columns of one row in the order of the data map.
pub type Record = Vec<(Arc<str>, Value)>;

/// What an access stream yields.
#[derive(Debug, Clone, PartialEq)]
pub enum AccessItem {
    /// One row of the subject at this position of the batch. The rows of one subject and
    /// collection come together, collections in the order of the data map.
    Row {
        subject: usize,
        collection: Arc<str>,
        record: Record,
    },
    /// Every row of this subject was sent. A stream that ends without it was cut.
    End {
        subject: usize,
        sent: Vec<CollectionRows>,
    },
}

/// Rows as the store yields them; memory stays flat whatever the footprint.
pub type RecordStream = Pin<Box<dyn Stream<Item = Result<AccessItem, StoreError>> + Send>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_its_digits() {
        let json = |digits: &str| Value::Number(digits.into()).to_json();
        assert_eq!(json("0.1"), serde_json::json!(0.1));
        assert_eq!(json("39.60"), serde_json::json!("39.60"));
        let long = "12345678901234567890.123456789";
        assert_eq!(json(long), serde_json::json!(long));
    }

    #[test]
    fn a_row_never_prints_its_values() {
        let printed = format!("{:?}", Value::Text("Ada".into()));
        assert_eq!(printed, "[personal]");
    }
}
