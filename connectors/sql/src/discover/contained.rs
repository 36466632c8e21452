//! Whether a guessed pointer holds: how many of the values in the column are keys of the table that
//! it is named after.
//!
//! The store counts; no value reaches this process. Small whole numbers are keys of many a table, so
//! a high share supports a guess and proves nothing, while a low one refutes it.

use habeas_connector::Value;

use super::reader::{Reader, from};
use crate::{Dialect, Session, Shape, TableName, quote};

/// Different values that are looked up.
const VALUES: usize = 200;
/// Rows from which they are taken.
const ROWS: usize = 2_000;

/// A column that may hold the keys of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pointer {
    pub from: TableName,
    pub column: String,
    pub to: TableName,
    pub key: String,
    /// Only rows with one of these words in this column.
    pub only: Option<(String, Vec<String>)>,
}

/// What the store counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Different values, at most [`VALUES`].
    pub sampled: u64,
    /// Those that are keys.
    pub found: u64,
    /// A table without rows refutes nothing.
    pub target_is_empty: bool,
}

impl Share {
    pub fn says_nothing(self) -> bool {
        self.sampled == 0 || self.target_is_empty
    }

    /// Most values are no keys: the name meant something else.
    pub fn refutes(self) -> bool {
        !self.says_nothing() && self.found * 2 < self.sampled
    }

    /// Nearly all values are keys.
    pub fn supports(self) -> bool {
        !self.says_nothing() && self.found * 10 >= self.sampled * 9
    }

    /// `197 of 200 sampled values exist in customers.id`.
    pub fn in_words(self, table: &str, key: &str) -> String {
        if self.target_is_empty {
            return format!("{table} has no rows, so its values could not be looked up");
        }
        match self.sampled {
            0 => "it holds no values that could be looked up".to_owned(),
            1 => format!("{} of 1 sampled value exists in {table}.{key}", self.found),
            many => format!(
                "{} of {many} sampled values exist in {table}.{key}",
                self.found
            ),
        }
    }
}

pub(super) fn count<S: Session>(
    reader: &mut Reader<'_, S>,
    pointer: &Pointer,
    shape: Shape,
) -> Option<Share> {
    let words = pointer.only.as_ref().map_or(&[][..], |(_, words)| words);
    let params: Vec<&str> = words.iter().map(String::as_str).collect();
    let rows = reader.ask(&query(reader.dialect(), pointer, shape), &params)?;
    let [counts] = &rows[..] else { return None };
    let [sampled, found, there] = &counts[..] else {
        return None;
    };
    Some(Share {
        sampled: number(sampled)?,
        found: number(found)?,
        target_is_empty: number(there)? == 0,
    })
}

fn query(dialect: &dyn Dialect, pointer: &Pointer, shape: Shape) -> String {
    let column = quote(&pointer.column);
    let target = from(&pointer.to);
    let same = dialect.same(&format!("k.{}", quote(&pointer.key)), "s.v", shape);
    let only = pointer
        .only
        .as_ref()
        .map_or(String::new(), |(column, words)| {
            let column = format!("t.{}", quote(column));
            let any: Vec<String> = (1..=words.len())
                .map(|n| dialect.equals(&column, Shape::Text, &dialect.param(n)))
                .collect();
            format!(" and ({})", any.join(" or "))
        });
    format!(
        "select count(*), count(case when exists (select 1 from {target} k where {same}) then 1 end), \
         (select count(*) from (select 1 as one from {target} limit 1) o) \
         from (select distinct r.v as v from (select t.{column} as v from {} t \
         where t.{column} is not null{only} limit {ROWS}) r limit {VALUES}) s",
        from(&pointer.from),
    )
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Withheld => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(found: u64, sampled: u64) -> Share {
        Share {
            sampled,
            found,
            target_is_empty: false,
        }
    }

    #[test]
    fn half_of_the_values_are_needed_and_nothing_is_said_of_none() {
        for (share, refutes, supports) in [
            (share(200, 200), false, true),
            (share(180, 200), false, true),
            (share(179, 200), false, false),
            (share(100, 200), false, false),
            (share(99, 200), true, false),
            (share(0, 1), true, false),
            (share(0, 0), false, false),
            (
                Share {
                    target_is_empty: true,
                    ..share(0, 200)
                },
                false,
                false,
            ),
        ] {
            assert_eq!(
                (share.refutes(), share.supports()),
                (refutes, supports),
                "{share:?}"
            );
        }
    }

    #[test]
    fn a_share_is_told_in_words() {
        let told = |share: Share| share.in_words("customers", "id");
        assert_eq!(
            told(share(197, 200)),
            "197 of 200 sampled values exist in customers.id"
        );
        assert_eq!(
            told(share(1, 1)),
            "1 of 1 sampled value exists in customers.id"
        );
        assert!(told(share(0, 0)).contains("no values"));
    }
}
