//! Reads a row of what a database says about itself, by position. Nothing is guessed: a value of
//! another kind than expected is a permanent error.

use habeas_connector::{StoreError, Value};

use crate::TableName;

/// Schema and name, one after the other.
pub fn name(row: &[Value], at: usize) -> Result<TableName, StoreError> {
    Ok(TableName {
        schema: text(row, at)?,
        name: text(row, at + 1)?,
    })
}

pub fn text(row: &[Value], at: usize) -> Result<String, StoreError> {
    optional(row, at)?.ok_or_else(unreadable)
}

/// A text that may be null.
pub fn optional(row: &[Value], at: usize) -> Result<Option<String>, StoreError> {
    match row.get(at) {
        Some(Value::Text(text)) => Ok(Some(text.clone())),
        Some(Value::Null) => Ok(None),
        Some(_) | None => Err(unreadable()),
    }
}

/// Where a database has no booleans, a number other than 0 is true.
pub fn flag(row: &[Value], at: usize) -> Result<bool, StoreError> {
    match row.get(at) {
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::Integer(flag)) => Ok(*flag != 0),
        Some(_) | None => Err(unreadable()),
    }
}

pub fn number(row: &[Value], at: usize) -> Result<i64, StoreError> {
    match row.get(at) {
        Some(Value::Integer(number)) => Ok(*number),
        Some(_) | None => Err(unreadable()),
    }
}

/// How much of something there is, where it is known. Beyond 63 bits is as good as not.
pub fn length(row: &[Value], at: usize) -> Result<Option<u64>, StoreError> {
    match row.get(at) {
        Some(Value::Integer(number)) => Ok(u64::try_from(*number).ok()),
        Some(Value::Null | Value::Number(_)) => Ok(None),
        Some(_) | None => Err(unreadable()),
    }
}

pub fn unreadable() -> StoreError {
    StoreError::permanent("catalogue", "the database's catalogue cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_kind_and_one_that_is_missing_are_not_guessed() {
        let row = [Value::Null, Value::Bytes(vec![1])];
        assert!(text(&row, 0).is_err() && flag(&row, 0).is_err() && number(&row, 0).is_err());
        for at in [1, 2] {
            assert!(
                name(&row, at).is_err() && optional(&row, at).is_err(),
                "{at}"
            );
            assert!(flag(&row, at).is_err() && length(&row, at).is_err(), "{at}");
        }
    }

    #[test]
    fn a_length_that_is_unknown_or_beyond_measure_is_none() {
        let row = [
            Value::Integer(40),
            Value::Integer(-1),
            Value::Number("18446744073709551615".to_owned()),
            Value::Null,
        ];
        let lengths: Vec<_> = (0..4).map(|at| length(&row, at).unwrap()).collect();
        assert_eq!(lengths, [Some(40), None, None, None]);
    }

    #[test]
    fn a_number_is_a_flag_where_there_are_no_booleans() {
        let row = [Value::Bool(true), Value::Integer(1), Value::Integer(0)];
        let flags = [0, 1, 2].map(|at| flag(&row, at).unwrap());
        assert_eq!(flags, [true, true, false]);
    }
}
