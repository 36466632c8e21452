//! Pointers from one table to another: declared as foreign keys, or guessed from names.

use super::{tables::Entry, words};
use crate::{ForeignKey, Shape};

/// A pointer. `from` and `to` are places in the list of tables.
#[derive(Debug)]
pub(super) struct Link {
    pub from: usize,
    pub to: usize,
    /// Column here, column there.
    pub on: Vec<(String, String)>,
    /// No foreign key says so.
    pub guessed: bool,
    /// The row that points belongs to the row that it points at.
    pub owns: bool,
}

impl Link {
    /// The name of the pointer says that it means somebody else than the row's own person. The part
    /// that only names the target says nothing: `staff_id` points at `staff`, whoever that is, and
    /// `manager_staff_id` at a manager.
    pub fn means_somebody_else(&self, tables: &[Entry<'_>]) -> bool {
        let target = tables[self.to].name();
        self.on.iter().any(|(column, key)| {
            let words = role(column, target, key);
            words::mean_somebody_else(&words)
        })
    }
}

/// What a column's name says beyond the table and key that it points at.
fn role(column: &str, table: &str, key: &str) -> Vec<String> {
    let mut words = words::split(column);
    let (table, key) = (words::of_table(table), words::split(key));
    if words.ends_with(&key) {
        words.truncate(words.len() - key.len());
        // `staff_id` was `staff` and `id`, or the key's own name in full.
        if key.len() > 1 {
            return words;
        }
    }
    if words.ends_with(&table) {
        words.truncate(words.len() - table.len());
    }
    words
}

pub(super) fn of(tables: &[Entry<'_>]) -> Vec<Link> {
    let mut links = Vec::new();
    for (from, entry) in tables.iter().enumerate() {
        for key in &entry.table.foreign_keys {
            if let Some(to) = tables.iter().position(|other| other.table.name == key.to) {
                links.push(Link {
                    from,
                    to,
                    on: key.on.clone(),
                    guessed: false,
                    owns: false,
                });
            }
        }
        for column in &entry.table.columns {
            let declared = |key: &ForeignKey| key.on.iter().any(|(own, _)| *own == column.name);
            let is_key = entry.key == [column.name.clone()] && entry.copy_of.is_none();
            if is_key || entry.table.foreign_keys.iter().any(declared) {
                continue;
            }
            if let Some((to, key)) = guess(tables, from, &column.name, column.shape) {
                links.push(Link {
                    from,
                    to,
                    on: vec![(column.name.clone(), key)],
                    guessed: true,
                    owns: false,
                });
            }
        }
    }
    links
}

/// The table, and its key, that a column is named after.
fn guess(tables: &[Entry<'_>], from: usize, column: &str, shape: Shape) -> Option<(usize, String)> {
    let fitting = tables.iter().enumerate().filter_map(|(to, target)| {
        let [key] = &target.key[..] else { return None };
        let live = target.table.column(key)?;
        // A copy is nobody's target while the original is there.
        let same = live.shape == shape && target.copy_of.is_none();
        let fit = fit(column, shape, target.name(), key).filter(|_| same)?;
        let near = target.table.name.schema == tables[from].table.name.schema;
        // A key named as it is in its own table comes before one that goes by the table's name.
        Some(((fit, near), to, key.clone()))
    });
    let fitting: Vec<_> = fitting.collect();
    let best = fitting.iter().map(|(fit, ..)| *fit).max()?;
    let mut best = fitting.into_iter().filter(|(fit, ..)| *fit == best);
    let (_, to, key) = best.next()?;
    // Two tables that fit alike are no guess at all.
    best.next().is_none().then_some((to, key))
}

/// How well a column's name fits a table and its key; more is better.
fn fit(column: &str, shape: Shape, table: &str, key: &str) -> Option<u8> {
    const PLAIN_KEYS: &[&str] = &["id", "uuid", "guid", "ulid", "pk", "no", "nr", "key", "ref"];
    const TOO_PLAIN: &[&str] = &["code", "name", "type", "year", "number", "date", "title"];
    let column = expand(&words::split(column));
    let key = expand(&words::split(key));
    let table = expand(&words::of_table(table));
    let plain = key.len() == 1 && PLAIN_KEYS.contains(&key[0].as_str());
    if !plain {
        let exact = column == key && !TOO_PLAIN.contains(&key[0].as_str());
        let with_role = key.len() > 1 && column.ends_with(&key);
        return (exact || with_role).then_some(if exact { 4 } else { 3 });
    }
    let bare = match column.split_first() {
        Some((first, rest)) if ["id", "fk"].contains(&first.as_str()) => rest,
        Some(_) | None => column.strip_suffix(&key[..]).unwrap_or(&[]),
    };
    if bare.ends_with(&table) && !table.is_empty() {
        return Some(if bare.len() == table.len() { 4 } else { 3 });
    }
    // `user_id` for the table `app_user`.
    if !bare.is_empty() && table.ends_with(bare) {
        return Some(2);
    }
    // `customer`, a number, for the table `customer`.
    (column == table && shape == Shape::Integer).then_some(1)
}

fn expand(words: &[String]) -> Vec<String> {
    let long = |word: &String| {
        match word.as_str() {
            "cust" => "customer",
            "usr" => "user",
            "emp" => "employee",
            "acct" | "acc" => "account",
            "addr" => "address",
            "pers" => "person",
            "ord" => "order",
            "inv" => "invoice",
            other => other,
        }
        .to_owned()
    };
    words.iter().map(long).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_named_after_a_table_in_many_ways() {
        for (column, table, key, expected) in [
            ("customer_id", "customers", "id", Some(4)),
            ("CustomerId", "Customer", "CustomerId", Some(4)),
            ("cust_id", "customer", "id", Some(4)),
            ("billing_customer_id", "customers", "id", Some(3)),
            ("manager_staff_id", "staff", "staff_id", Some(3)),
            ("user_id", "app_user", "id", Some(2)),
            ("id_customer", "customers", "id", Some(4)),
            ("customer", "customers", "id", Some(1)),
            ("customer_no", "customer", "customer_no", Some(4)),
            ("person_id", "people", "id", Some(4)),
            ("id", "customers", "id", None),
            ("order_id", "customers", "id", None),
            ("code", "country", "code", None),
            ("customer_identity", "customers", "id", None),
        ] {
            assert_eq!(
                fit(column, Shape::Integer, table, key),
                expected,
                "{column}"
            );
        }
        assert_eq!(fit("customer", Shape::Text, "customers", "id"), None);
    }

    #[test]
    fn the_role_of_a_pointer_is_what_its_target_does_not_say() {
        for (column, table, key, expected) in [
            ("staff_id", "staff", "staff_id", &[][..]),
            ("manager_staff_id", "staff", "staff_id", &["manager"]),
            ("sales_order_id", "sales_orders", "id", &[]),
            (
                "SupportRepId",
                "Employee",
                "EmployeeId",
                &["support", "rep", "id"],
            ),
            ("created_by", "users", "id", &["created", "by"]),
            ("lead_id", "leads", "id", &[]),
        ] {
            assert_eq!(role(column, table, key), expected, "{column}");
        }
    }
}
