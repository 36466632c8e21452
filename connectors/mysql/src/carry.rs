//! Finding rows without locking them.
//!
//! InnoDB locks every row that an `insert … select` or an `update … join` reads, and reads what was
//! committed last instead of what the transaction's snapshot shows. A search by e-mail address in
//! another case would stop all work on the whole table of customers. So the rows are read by a
//! plain `select`, which sees the snapshot and locks nothing, and their keys are carried into the
//! temporary table from here. This file takes such statements apart; `session` carries.

use crate::dialect::{PICKED, pick};

/// A statement that fills a temporary table from others, in two.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Carry<'a> {
    pub read: &'a str,
    /// Takes a row of what was read, a plain parameter for each value.
    pub write: String,
    /// Values in a row.
    pub width: usize,
}

impl<'a> Carry<'a> {
    /// `None` for a statement that needs no carrying.
    pub fn of(sql: &'a str) -> Option<Carry<'a>> {
        let insert = || {
            let rest = sql.strip_prefix("insert into \"habeas_key_")?;
            let into = sql.len() - rest.len() + rest.find(") select ")? + 1;
            let width = sql[..into].matches(", ").count() + 1;
            Some(Carry {
                read: &sql[into + 1..],
                write: format!("{} values ({})", &sql[..into], vec!["?"; width].join(", ")),
                width,
            })
        };
        let update = || {
            sql.strip_prefix("update \"habeas_key_")?;
            let (table, rest) = sql.split_once(PICKED.0)?;
            let (read, rest) = rest.rsplit_once(PICKED.1)?;
            let (on, sets) = rest.rsplit_once(" set ")?;
            let width = on.matches(" = ").count();
            let row = (0..width).fold(on.to_owned(), |on, i| {
                // From the right, so that 1 does not spoil 10.
                let name = format!("d.{}", pick(width - 1 - i));
                on.replace(&name, "?")
            });
            Some(Carry {
                read,
                write: format!("{table} as t set {sets} where {row}"),
                width,
            })
        };
        insert().or_else(update)
    }
}

#[cfg(test)]
mod tests {
    use habeas_connector_sql::Dialect as _;

    use super::*;
    use crate::dialect::MariaDb;

    #[test]
    fn keys_that_are_searched_for_are_carried() {
        let sql = "insert into \"habeas_key_3\" (subject, kept, k0) select distinct f.subject, 0, \
                   f.k0 from (select 1) f";
        let carry = Carry::of(sql).unwrap();
        assert_eq!(
            carry,
            Carry {
                read: "select distinct f.subject, 0, f.k0 from (select 1) f",
                write: "insert into \"habeas_key_3\" (subject, kept, k0) values (?, ?, ?)"
                    .to_owned(),
                width: 3,
            }
        );
    }

    #[test]
    fn marks_are_carried_key_by_key() {
        let key: Vec<String> = std::iter::once("subject".to_owned())
            .chain((0..10).map(|i| format!("k{i}")))
            .collect();
        let sql = MariaDb.update("\"habeas_key_0\"", &key, "kept = 1", "select 1 as k0");
        let carry = Carry::of(&sql).unwrap();
        assert!(
            carry
                .read
                .starts_with("select distinct p.k0 as habeas_pick_0, ")
        );
        assert!(carry.read.ends_with(" from (select 1 as k0) p"));
        let write = carry.write;
        assert!(
            write.starts_with(
                "update \"habeas_key_0\" as t set kept = 1 where t.\"subject\" = ? and"
            ),
            "{write}"
        );
        assert!(write.ends_with(" and t.\"k9\" = ?"), "{write}");
        assert_eq!((write.matches('?').count(), carry.width), (11, 11));
    }

    #[test]
    fn what_changes_the_store_itself_is_left_alone() {
        for sql in [
            MariaDb.update(
                "\"shop\".\"habeas_key_0\"",
                &["id".into()],
                "a = 1",
                "select 1 as k0",
            ),
            "insert into \"habeas_subject\" (subject) values (1)".to_owned(),
            "update \"habeas_key_0\" set kept = 3 where subject in (1)".to_owned(),
        ] {
            assert_eq!(Carry::of(&sql), None, "{sql}");
        }
    }
}
