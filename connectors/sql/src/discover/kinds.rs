//! Tables whose rows belong to several others, as a word in each row says: `owner_type` beside
//! `owner_id`.
//!
//! Of the words in such a column only those are kept that name a table: any other could be anything.

use habeas_connector::Value;

use super::{
    reader::{Reader, from},
    tables::Entry,
    words,
};
use crate::{Session, Shape, Table, TableName, quote};

/// Different words that are read.
const WORDS: usize = 50;
/// Rows from which they are taken.
const ROWS: usize = 2_000;

/// The two columns of such a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub kind: String,
    pub id: String,
}

/// The words that were read, by the table that they name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub named: Vec<(TableName, Vec<String>)>,
    /// Words that name no table.
    pub others: usize,
}

/// `owner_type` beside an `owner_id` that no foreign key explains.
pub(super) fn pair(table: &Table) -> Option<Pair> {
    let has_key = |column: &str| {
        let mut pairs = table.foreign_keys.iter().flat_map(|key| &key.on);
        pairs.any(|(own, _)| own == column)
    };
    table.columns.iter().find_map(|column| {
        let stem = words::split(&column.name);
        let (last, stem) = stem.split_last()?;
        let id = table.columns.iter().find(|other| {
            let words = words::split(&other.name);
            words::is_id(&other.name) && words[..words.len() - 1] == *stem
        })?;
        (last == "type" && !stem.is_empty() && !has_key(&id.name)).then(|| Pair {
            kind: column.name.clone(),
            id: id.name.clone(),
        })
    })
}

pub(super) fn read<S: Session>(
    reader: &mut Reader<'_, S>,
    tables: &[Entry<'_>],
    table: &Table,
    pair: &Pair,
) -> Option<Kinds> {
    let sql = format!(
        "select distinct r.v from (select {} as v from {} t where t.{} is not null limit {ROWS}) r \
         limit {WORDS}",
        reader.dialect().text(&format!("t.{}", quote(&pair.kind))),
        from(&table.name),
        quote(&pair.kind),
    );
    let words = reader.ask(&sql, &[])?.into_iter().flatten();
    let words = words.filter_map(|value| match value {
        Value::Text(word) => Some(word),
        Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Number(_)
        | Value::Bytes(_)
        | Value::Withheld => None,
    });
    let shape = table.column(&pair.id)?.shape;
    Some(sorted(tables, &table.name.schema, shape, words))
}

fn sorted(
    tables: &[Entry<'_>],
    schema: &str,
    shape: Shape,
    words: impl Iterator<Item = String>,
) -> Kinds {
    let mut kinds = Kinds::default();
    for word in words {
        let Some(target) = named(tables, schema, shape, &word) else {
            kinds.others += 1;
            continue;
        };
        match kinds.named.iter_mut().find(|(table, _)| *table == target) {
            Some((_, words)) => words.push(word),
            None => kinds.named.push((target, vec![word])),
        }
    }
    kinds.named.sort();
    kinds.named.iter_mut().for_each(|(_, words)| words.sort());
    kinds
}

/// The one table that `User`, `users` or `App\Models\User` names, with a key of the right shape; of
/// several the one in the same schema.
fn named(tables: &[Entry<'_>], schema: &str, shape: Shape, word: &str) -> Option<TableName> {
    let last = word.rsplit(['\\', '/', ':', '.']).next()?;
    let wanted = words::of_table(last);
    let fits = |entry: &&Entry<'_>| match &entry.key[..] {
        [key] => {
            let key = entry.table.column(key);
            let same = key.is_some_and(|key| key.shape == shape) && entry.copy_of.is_none();
            same && words::of_table(entry.name()) == wanted
        }
        _ => false,
    };
    let fitting: Vec<&TableName> = tables
        .iter()
        .filter(fits)
        .map(|entry| &entry.table.name)
        .collect();
    let near = || fitting.iter().filter(|table| table.schema == schema);
    match &fitting[..] {
        [one] => Some((*one).clone()),
        _ if near().count() == 1 => near().next().map(|table| (*table).clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{sample::Sample, tables},
        *,
    };
    use crate::sketch::{catalogue, name};

    #[test]
    fn only_words_that_name_a_table_are_kept() {
        let drawn = catalogue(
            "
            users: id* email
            orders: code:text total
            crm.invoice: id* total:number
            web.invoice: id* total:number",
        );
        let tables = tables::of(&drawn, &Sample::default());
        let words = [
            "App\\Models\\User",
            "User",
            "ada@example.org",
            "Order",
            "invoice",
            "",
        ];
        let kinds = sorted(
            &tables,
            "main",
            Shape::Integer,
            words.into_iter().map(str::to_owned),
        );
        let expected = vec!["App\\Models\\User".to_owned(), "User".to_owned()];
        assert_eq!(kinds.named, [(name("users"), expected)]);
        // A stranger, a table without such a key, one of two, and nothing.
        assert_eq!(kinds.others, 4);
    }
}
