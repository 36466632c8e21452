//! Pointers from one table to another: declared as foreign keys, or guessed from names and, where
//! somebody looked, borne out by the values.

use super::{
    contained::{Pointer, Share},
    kinds,
    sample::Sample,
    tables::Entry,
    words,
};
use crate::{LiveColumn, Shape};

/// A pointer. `from` and `to` are places in the list of tables.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub from: usize,
    pub to: usize,
    /// Column here, column there.
    pub on: Vec<(String, String)>,
    /// No foreign key says so.
    pub guessed: bool,
    /// What the values say of a guess.
    pub share: Option<Share>,
    /// The row that points belongs to the row that it points at.
    pub owns: bool,
}

/// A pointer that a name suggests and that is not followed: the values say otherwise, or there are
/// several tables that it may mean.
#[derive(Debug)]
pub(super) struct Doubt {
    pub from: usize,
    pub column: String,
    /// Each with its key.
    pub targets: Vec<(usize, String, Option<Share>)>,
}

impl Doubt {
    /// The values say that it means none of the tables.
    pub fn is_refuted(&self) -> bool {
        let mut targets = self.targets.iter();
        targets.all(|(.., share)| share.is_some_and(Share::refutes))
    }
}

impl Link {
    /// The name of the pointer says that it means somebody else than the row's own person. The part
    /// that only names the target says nothing: `staff_id` points at `staff`, whoever that is, and
    /// `manager_staff_id` at a manager.
    pub fn means_somebody_else(&self, tables: &[Entry<'_>]) -> bool {
        let target = tables[self.to].name();
        self.on
            .iter()
            .any(|(column, key)| means_somebody_else(column, target, key))
    }
}

pub(super) fn means_somebody_else(column: &str, table: &str, key: &str) -> bool {
    words::mean_somebody_else(&role(column, table, key))
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

pub(super) fn of(tables: &[Entry<'_>], sample: &Sample) -> (Vec<Link>, Vec<Doubt>) {
    let (mut links, mut doubts) = (Vec::new(), Vec::new());
    for (from, entry) in tables.iter().enumerate() {
        for key in &entry.table.foreign_keys {
            if let Some(to) = tables.iter().position(|other| other.table.name == key.to) {
                links.push(Link {
                    from,
                    to,
                    on: key.on.clone(),
                    guessed: false,
                    share: None,
                    owns: false,
                });
            }
        }
        for column in unexplained(tables, entry) {
            let targets = targets(tables, from, &column.name, column.shape);
            let looked = targets.into_iter().map(|(to, key)| {
                let share = sample.share(&pointer(tables, from, &column.name, to, &key));
                (to, key, share)
            });
            match chosen(looked.collect()) {
                Ok(None) => {}
                Ok(Some((to, key, share))) => links.push(Link {
                    from,
                    to,
                    on: vec![(column.name.clone(), key)],
                    guessed: true,
                    share,
                    owns: false,
                }),
                Err(targets) => doubts.push(Doubt {
                    from,
                    column: column.name.clone(),
                    targets,
                }),
            }
        }
    }
    (links, doubts)
}

/// Every pointer that a name suggests, to be looked up, with the shape of its column.
pub(super) fn guesses<'a>(
    tables: &'a [Entry<'_>],
) -> impl Iterator<Item = (Pointer, Shape)> + use<'a> {
    tables.iter().enumerate().flat_map(move |(from, entry)| {
        unexplained(tables, entry).flat_map(move |column| {
            let targets = targets(tables, from, &column.name, column.shape).into_iter();
            targets.map(move |(to, key)| {
                let pointer = pointer(tables, from, &column.name, to, &key);
                (pointer, column.shape)
            })
        })
    })
}

/// The pointers of rows that say in a word which table they belong to.
pub(super) fn by_kind<'a>(
    tables: &'a [Entry<'_>],
    sample: &'a Sample,
) -> impl Iterator<Item = (Pointer, Shape)> + use<'a> {
    tables.iter().enumerate().flat_map(move |(from, entry)| {
        let pair = kinds::pair(entry.table);
        let kinds = sample.kinds(&entry.table.name);
        pair.zip(kinds).into_iter().flat_map(move |(pair, kinds)| {
            kinds.named.iter().filter_map(move |(target, words)| {
                let to = tables.iter().position(|it| it.table.name == *target)?;
                let shape = entry.table.column(&pair.id)?.shape;
                Some((pointer_of_kind(tables, from, &pair, to, words)?, shape))
            })
        })
    })
}

pub(super) fn pointer_of_kind(
    tables: &[Entry<'_>],
    from: usize,
    pair: &kinds::Pair,
    to: usize,
    words: &[String],
) -> Option<Pointer> {
    let [key] = &tables[to].key[..] else {
        return None;
    };
    Some(Pointer {
        only: Some((pair.kind.clone(), words.to_vec())),
        ..pointer(tables, from, &pair.id, to, key)
    })
}

fn pointer(tables: &[Entry<'_>], from: usize, column: &str, to: usize, key: &str) -> Pointer {
    Pointer {
        from: tables[from].table.name.clone(),
        column: column.to_owned(),
        to: tables[to].table.name.clone(),
        key: key.to_owned(),
        only: None,
    }
}

/// Columns that are neither the row's own key nor part of a foreign key.
fn unexplained<'a>(
    tables: &'a [Entry<'_>],
    entry: &'a Entry<'_>,
) -> impl Iterator<Item = &'a LiveColumn> + use<'a> {
    let own = entry.copy_of.is_none() && !is_borrowed(tables, entry);
    entry.table.columns.iter().filter(move |column| {
        let is_own_key = own && entry.key == [column.name.clone()];
        !is_own_key && !is_declared(entry, &column.name)
    })
}

fn is_declared(entry: &Entry<'_>, column: &str) -> bool {
    let mut pairs = entry.table.foreign_keys.iter().flat_map(|key| &key.on);
    pairs.any(|(own, _)| own == column)
}

/// The key is that of another table: a row here is a part of a row there, as with preferences whose
/// key is `customer_id`. Who else has a `customer_id` means the customer.
fn is_borrowed(tables: &[Entry<'_>], entry: &Entry<'_>) -> bool {
    let [key] = &entry.key[..] else { return false };
    let words = words::split(key);
    let Some((_, stem)) = words.split_last().filter(|_| words::is_id(key)) else {
        return is_declared(entry, key);
    };
    let named_after = |other: &Entry<'_>| words::of_table(other.name()) == *stem;
    let mut others = tables
        .iter()
        .filter(|other| other.table.name != entry.table.name);
    is_declared(entry, key) || !named_after(entry) && others.any(named_after)
}

type Target = (usize, String, Option<Share>);

/// The one target that is believed, or those of which none can be.
fn chosen(mut targets: Vec<Target>) -> Result<Option<Target>, Vec<Target>> {
    let refuted = |target: &Target| target.2.is_some_and(Share::refutes);
    let supported = |target: &Target| target.2.is_some_and(Share::supports);
    match &targets[..] {
        [] => Ok(None),
        [alone] if !refuted(alone) => Ok(targets.pop()),
        // Two tables that fit alike are no guess at all, unless the values are keys of one only.
        several => {
            let standing = several.iter().filter(|target| !refuted(target)).count();
            match several.iter().position(supported) {
                Some(one) if standing == 1 => Ok(Some(targets.swap_remove(one))),
                Some(_) | None => Err(targets),
            }
        }
    }
}

/// The tables, with their keys, that a column is named after.
fn targets(tables: &[Entry<'_>], from: usize, column: &str, shape: Shape) -> Vec<(usize, String)> {
    let fitting = tables.iter().enumerate().filter_map(|(to, target)| {
        let [key] = &target.key[..] else { return None };
        let live = target.table.column(key)?;
        // A copy is nobody's target while the original is there, nor is a part while the whole is.
        let whole = target.copy_of.is_none() && !is_borrowed(tables, target);
        let same = live.shape == shape && whole;
        let fit = fit(column, shape, target.name(), key).filter(|_| same)?;
        let near = target.table.name.schema == tables[from].table.name.schema;
        // A key named as it is in its own table comes before one that goes by the table's name.
        Some(((fit, near), to, key.clone()))
    });
    let fitting: Vec<_> = fitting.collect();
    let best = fitting.iter().map(|(fit, ..)| *fit).max();
    fitting
        .into_iter()
        .filter(|(fit, ..)| Some(*fit) == best)
        .map(|(_, to, key)| (to, key))
        .collect()
}

/// How well a column's name fits a table and its key; more is better.
pub(super) fn fit(column: &str, shape: Shape, table: &str, key: &str) -> Option<u8> {
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
