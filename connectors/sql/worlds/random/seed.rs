//! What is drawn: small numbers and flags, so that a failing case shrinks to few tables and rows.

use std::ops::RangeInclusive;

use proptest::{collection::vec, prelude::*};

#[derive(Debug, Clone)]
pub struct Seed {
    pub persons: usize,
    /// The first is the persons' own.
    pub tables: Vec<TableSeed>,
    /// Which change of a row fails, where one does.
    pub fails_at: usize,
}

#[derive(Debug, Clone)]
pub struct TableSeed {
    pub key: KeySeed,
    pub erase: EraseSeed,
    pub split: Split,
    pub identity: FoundBy,
    pub pointers: Vec<PointerSeed>,
    pub rows: Vec<RowSeed>,
    /// Which treatment each column gets.
    pub treatments: [u8; 4],
}

#[derive(Debug, Clone, Copy)]
pub enum KeySeed {
    Number,
    Text,
    Composite,
    /// The key of the first pointer's target and a number.
    OfItsOwner,
}

#[derive(Debug, Clone, Copy)]
pub enum EraseSeed {
    Delete,
    Columns,
    Keep,
}

/// How the collections of a table divide its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    Whole,
    /// One collection with a `where`; other rows are nobody's.
    Part,
    /// Two collections, the second with one owner less where it has several.
    Two,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    Owners,
    Email,
    Number,
}

#[derive(Debug, Clone)]
pub struct PointerSeed {
    pub target: u8,
    pub means: Means,
    pub nullable: Nullable,
    pub declared: bool,
    pub action: u8,
    pub deferrable: bool,
    /// The first row points at the first one there, and so on: a circle of tables becomes many of
    /// rows.
    pub straight: bool,
}

/// What the map says of a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    BelongsTo,
    Holds,
    Detach,
    Stop,
    Uses,
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nullable {
    All,
    /// Of several columns, only the last.
    Last,
    None,
}

/// Choices, by column.
pub type RowSeed = [u8; 8];

/// Two to twelve tables.
pub fn seeds() -> impl Strategy<Value = Seed> {
    (
        2..=4usize,
        prop_oneof![4 => vec(table(0..=6), 1..=4), 1 => vec(table(0..=6), 5..=11)],
        table(2..=5),
        1..=12usize,
    )
        .prop_map(|(persons, mut tables, first, fails_at)| {
            tables.insert(0, first);
            Seed {
                persons,
                tables,
                fails_at,
            }
        })
}

/// Worlds in which the persons' rows and those of a second table point at each other, whatever else
/// there is.
pub fn circles() -> impl Strategy<Value = Seed> {
    let tight = |target, means| PointerSeed {
        target,
        means,
        nullable: Nullable::None,
        declared: true,
        action: 0,
        deferrable: true,
        straight: true,
    };
    (seeds(), 0..6usize).prop_map(move |(mut seed, also)| {
        let ends = [tight(1, Means::Stop), tight(0, Means::BelongsTo)];
        let rows = seed.tables[0].rows.clone();
        for (table, end) in seed.tables.iter_mut().zip(ends) {
            table.erase = EraseSeed::Delete;
            table.split = Split::Whole;
            table.rows.clone_from(&rows);
            if let KeySeed::OfItsOwner = table.key {
                table.key = KeySeed::Number;
            }
            // A second pointer of either may undo the circle's peace.
            table.pointers.truncate(also.saturating_sub(4));
            table.pointers.insert(0, end);
        }
        seed
    })
}

fn table(rows: RangeInclusive<usize>) -> impl Strategy<Value = TableSeed> {
    (
        prop_oneof![
            3 => Just(KeySeed::Number),
            1 => Just(KeySeed::Text),
            1 => Just(KeySeed::Composite),
            1 => Just(KeySeed::OfItsOwner),
        ],
        prop_oneof![
            4 => Just(EraseSeed::Delete),
            1 => Just(EraseSeed::Columns),
            1 => Just(EraseSeed::Keep),
        ],
        prop_oneof![
            4 => Just(Split::Whole),
            1 => Just(Split::Part),
            1 => Just(Split::Two),
        ],
        prop_oneof![
            5 => Just(FoundBy::Owners),
            1 => Just(FoundBy::Email),
            1 => Just(FoundBy::Number),
        ],
        vec(pointer(), 0..=3),
        vec(any::<RowSeed>(), rows),
        any::<[u8; 4]>(),
    )
        .prop_map(
            |(key, erase, split, identity, pointers, rows, treatments)| TableSeed {
                key,
                erase,
                split,
                identity,
                pointers,
                rows,
                treatments,
            },
        )
}

fn pointer() -> impl Strategy<Value = PointerSeed> {
    (
        // The persons' own table is pointed at most.
        prop_oneof![2 => Just(0u8), 3 => any::<u8>()],
        prop_oneof![
            12 => Just(Means::BelongsTo),
            6 => Just(Means::Holds),
            5 => Just(Means::Detach),
            1 => Just(Means::Stop),
            2 => Just(Means::Uses),
            1 => Just(Means::Nothing),
        ],
        prop_oneof![
            3 => Just(Nullable::All),
            1 => Just(Nullable::Last),
            2 => Just(Nullable::None),
        ],
        prop_oneof![3 => Just(true), 1 => Just(false)],
        0..5u8,
        any::<bool>(),
        prop_oneof![3 => Just(false), 1 => Just(true)],
    )
        .prop_map(
            |(target, means, nullable, declared, action, deferrable, straight)| PointerSeed {
                target,
                means,
                nullable,
                declared,
                action,
                deferrable,
                straight,
            },
        )
}
