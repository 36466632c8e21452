//! Values as MariaDB sends them, without loss.

use std::fmt::{LowerExp, Write as _};

use habeas_connector::Value;
use mysql_async::{
    Column, Row, Value as Sent,
    consts::{ColumnFlags, ColumnType},
};

/// The number of the character set that stands for bytes without one.
const BINARY: u16 = 63;

/// Digits after the point of a time that has no fixed number of them.
const UNFIXED: u8 = 31;

pub(crate) fn values(mut row: Row) -> Vec<Value> {
    let columns = row.columns();
    columns
        .iter()
        .enumerate()
        .map(|(n, column)| value(row.take(n).unwrap_or(Sent::NULL), column))
        .collect()
}

fn value(sent: Sent, column: &Column) -> Value {
    match sent {
        Sent::NULL => Value::Null,
        Sent::Int(number) => Value::Integer(number),
        Sent::UInt(number) => match i64::try_from(number) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Number(number.to_string()),
        },
        Sent::Float(number) => Value::Number(digits(number, f64::from(number).abs())),
        Sent::Double(number) => Value::Number(digits(number, number.abs())),
        Sent::Date(year, month, day, hour, minute, second, micros) => {
            let mut text = format!("{year:04}-{month:02}-{day:02}");
            if column.column_type() != ColumnType::MYSQL_TYPE_DATE {
                text += &format!("T{hour:02}:{minute:02}:{second:02}");
                text += &fraction(micros, column);
            }
            // The session lives in UTC, and only this type is an instant.
            if column.column_type() == ColumnType::MYSQL_TYPE_TIMESTAMP {
                text += "+00:00";
            }
            Value::Text(text)
        }
        Sent::Time(negative, days, hours, minutes, seconds, micros) => {
            let sign = if negative { "-" } else { "" };
            let hours = days * 24 + u32::from(hours);
            let fraction = fraction(micros, column);
            Value::Text(format!(
                "{sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}"
            ))
        }
        Sent::Bytes(bytes) => text(bytes, column),
    }
}

fn text(bytes: Vec<u8>, column: &Column) -> Value {
    match column.column_type() {
        // At most 64 bits, the first byte being the highest.
        ColumnType::MYSQL_TYPE_BIT if bytes.len() <= 8 => {
            let number = bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            return value(Sent::UInt(number), column);
        }
        ColumnType::MYSQL_TYPE_GEOMETRY => return Value::Bytes(bytes),
        _ => {}
    }
    // Numbers carry the character set of bytes, and are text nevertheless.
    let string = column.flags().contains(ColumnFlags::BINARY_FLAG)
        && column.character_set() == BINARY
        && is_string(column.column_type());
    if string {
        return Value::Bytes(bytes);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Value::Text(text),
        Err(error) => Value::Bytes(error.into_bytes()),
    }
}

fn is_string(kind: ColumnType) -> bool {
    matches!(
        kind,
        ColumnType::MYSQL_TYPE_STRING
            | ColumnType::MYSQL_TYPE_VAR_STRING
            | ColumnType::MYSQL_TYPE_VARCHAR
            | ColumnType::MYSQL_TYPE_TINY_BLOB
            | ColumnType::MYSQL_TYPE_MEDIUM_BLOB
            | ColumnType::MYSQL_TYPE_LONG_BLOB
            | ColumnType::MYSQL_TYPE_BLOB
    )
}

/// As many digits as the column has.
fn fraction(micros: u32, column: &Column) -> String {
    let all = format!("{micros:06}");
    let digits = match column.decimals() {
        0 => 0,
        UNFIXED.. if micros == 0 => 0,
        fixed => usize::from(fixed).min(6),
    };
    let mut text = String::new();
    if digits > 0 {
        let _ = write!(text, ".{}", &all[..digits]);
    }
    text
}

/// The shortest text that names the same number, without a long row of noughts.
fn digits(number: impl ToString + LowerExp, size: f64) -> String {
    if size == 0.0 || (1e-5..1e15).contains(&size) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}
