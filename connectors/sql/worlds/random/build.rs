//! From what was drawn to tables, rows and a data map that is sound.
//!
//! What the language of the map forbids is turned into the nearest thing that it allows; what only
//! the store can refuse stays, for the connector to refuse.

use super::{
    print::{Late, Words},
    seed::{
        EraseSeed, FoundBy, KeySeed, Means, Nullable, PointerSeed, RowSeed, Seed, Split, TableSeed,
    },
    world::{
        Cell, Collection, Column, EMAIL, Edge, Erase, ForeignKey, Kind, NUMBER, On, Reference, Row,
        Rows, Table, Treatment, User, World,
    },
};

/// A pointer and the columns that hold it.
struct Pointer {
    to: usize,
    means: Means,
    on: On,
    declared: bool,
    straight: bool,
}

const SORT: [&str; 3] = ["a", "b", "c"];

impl World {
    pub fn of(seed: &Seed, words: &Words) -> World {
        let emails: Vec<String> = (0..seed.persons)
            .map(|n| format!("p{n}@example.org"))
            .collect();
        let keys = key_kinds(seed);
        let mut tables = Vec::new();
        let mut pointers = Vec::new();
        for (n, drawn) in seed.tables.iter().enumerate() {
            let (table, own) = table(n, drawn, &keys, words);
            tables.push(table);
            pointers.push(own);
        }
        let collections = collections(seed, &tables, &pointers);
        let rows = rows(seed, &tables, &pointers, &emails);
        World {
            tables,
            collections,
            rows,
            emails,
        }
    }
}

/// Owners stand before what they own, and holders before what they hold; other pointers lead
/// anywhere.
fn target(pointer: &PointerSeed, n: usize, tables: usize) -> usize {
    let drawn = usize::from(pointer.target);
    let after = tables - n - 1;
    match pointer.means {
        Means::BelongsTo if n > 0 => drawn % n,
        Means::Holds if after > 0 => n + 1 + drawn % after,
        Means::BelongsTo
        | Means::Holds
        | Means::Detach
        | Means::Stop
        | Means::Uses
        | Means::Nothing => drawn % tables,
    }
}

/// The first pointer of a table whose key is that of its owner.
fn identifying(n: usize, drawn: &TableSeed, tables: usize) -> Option<usize> {
    let first = drawn.pointers.first()?;
    let to = target(first, n, tables);
    (matches!(drawn.key, KeySeed::OfItsOwner) && to < n).then_some(to)
}

fn key_kinds(seed: &Seed) -> Vec<Vec<Kind>> {
    let mut kinds: Vec<Vec<Kind>> = Vec::new();
    for (n, drawn) in seed.tables.iter().enumerate() {
        let own = match (n, drawn.key) {
            (_, KeySeed::Text) => vec![Kind::Text],
            (0, _) | (_, KeySeed::Number) => vec![Kind::Integer],
            (_, KeySeed::Composite) => vec![Kind::Integer, Kind::Integer],
            (_, KeySeed::OfItsOwner) => match identifying(n, drawn, seed.tables.len()) {
                Some(to) if kinds[to].len() < 3 => {
                    let mut whole = kinds[to].clone();
                    whole.push(Kind::Integer);
                    whole
                }
                Some(_) | None => vec![Kind::Integer],
            },
        };
        kinds.push(own);
    }
    kinds
}

fn table(n: usize, drawn: &TableSeed, keys: &[Vec<Kind>], words: &Words) -> (Table, Vec<Pointer>) {
    let mut columns: Vec<Column> = Vec::new();
    let mut add = |name: String, kind: Kind, nullable: bool| {
        columns.push(Column {
            name,
            kind,
            nullable,
        });
        columns.len() - 1
    };
    let owner = identifying(n, drawn, keys.len()).filter(|to| keys[n].len() == keys[*to].len() + 1);
    let own = owner.map_or(0, |to| keys[to].len());
    let mut key: Vec<usize> = Vec::new();
    let in_key: On = (0..own)
        .map(|i| {
            let column = add(format!("k{i}"), keys[n][i], false);
            key.push(column);
            (column, i)
        })
        .collect();
    for (i, kind) in keys[n].iter().enumerate().skip(own) {
        key.push(add(format!("k{i}"), *kind, false));
    }
    // What every table has: see `fixed`.
    add("sort".to_owned(), Kind::Text, true);
    add("a".to_owned(), Kind::Text, false);
    add("b".to_owned(), Kind::Text, true);
    add("mail".to_owned(), Kind::Text, true);
    add("who".to_owned(), keys[0][0], true);
    let mut foreign_keys = Vec::new();
    let mut pointers = Vec::new();
    for (p, pointer) in drawn.pointers.iter().enumerate() {
        let to = target(pointer, n, keys.len());
        let on: On = if p == 0 && owner.is_some() {
            in_key.clone()
        } else {
            let many = keys[to].len();
            (0..many)
                .map(|i| {
                    let nullable = match pointer.nullable {
                        Nullable::All => true,
                        Nullable::Last => i + 1 == many,
                        Nullable::None => false,
                    };
                    (add(format!("p{p}_{i}"), keys[to][i], nullable), i)
                })
                .collect()
        };
        // Without a word in the map and without a foreign key it would be no pointer.
        let declared = pointer.declared || pointer.means == Means::Nothing;
        if declared {
            let tight = pointer.nullable == Nullable::None;
            let within_its_table = tight && to == n;
            // Some databases look at each row in the middle of a statement.
            let action = if within_its_table && words.acts_row_by_row {
                "no action"
            } else {
                words.actions[usize::from(pointer.action) % words.actions.len()]
            };
            let put_off = match words.late {
                Late::Never => false,
                Late::WhenDeclared => pointer.deferrable,
                Late::Always => true,
            };
            foreign_keys.push(ForeignKey {
                on: on.clone(),
                to,
                action,
                deferrable: pointer.deferrable && words.late != Late::Never,
                can_wait: put_off && action == "no action",
            });
        }
        pointers.push(Pointer {
            to,
            means: pointer.means,
            on,
            declared,
            straight: pointer.straight,
        });
    }
    let table = Table {
        name: format!("t{n}"),
        columns,
        key,
        foreign_keys,
    };
    (table, pointers)
}

/// Where the columns stand that every table has.
pub struct Fixed {
    pub sort: usize,
    pub a: usize,
    pub b: usize,
    pub mail: usize,
    pub who: usize,
}

pub fn fixed(table: &Table) -> Fixed {
    let first = table.key.len();
    Fixed {
        sort: first,
        a: first + 1,
        b: first + 2,
        mail: first + 3,
        who: first + 4,
    }
}

fn collections(seed: &Seed, tables: &[Table], pointers: &[Vec<Pointer>]) -> Vec<Collection> {
    // Ownership leads from tables to later ones, so that it cannot run in a circle.
    let mut mapped = vec![false; tables.len()];
    for n in 0..tables.len() {
        let by_owner = pointers[n]
            .iter()
            .any(|it| it.means == Means::BelongsTo && it.to < n && mapped[it.to]);
        let by_holder = (0..n).any(|m| {
            let holds = |it: &Pointer| it.means == Means::Holds && it.to == n;
            mapped[m] && pointers[m].iter().any(holds)
        });
        mapped[n] = n == 0 || seed.tables[n].identity != FoundBy::Owners || by_owner || by_holder;
    }
    let mut collections: Vec<Collection> = Vec::new();
    for (n, drawn) in seed.tables.iter().enumerate().filter(|(n, _)| mapped[*n]) {
        let at = fixed(&tables[n]);
        let parts: &[Option<&'static str>] = match (n, drawn.split) {
            (0, _) | (_, Split::Whole) => &[None],
            (_, Split::Part) => &[Some("a")],
            (_, Split::Two) => &[Some("a"), Some("b")],
        };
        for (part, only) in parts.iter().enumerate() {
            let identities = match (n, drawn.identity) {
                (0, _) => vec![(at.mail, EMAIL), (0, NUMBER)],
                (_, FoundBy::Owners) => vec![],
                (_, FoundBy::Email) => vec![(at.mail, EMAIL)],
                (_, FoundBy::Number) => vec![(at.who, NUMBER)],
            };
            // The parts of a table are treated one way and another.
            let erase = match (drawn.erase, part) {
                (EraseSeed::Delete, _) => Erase::Delete,
                (EraseSeed::Columns, 0) => Erase::Columns,
                (EraseSeed::Keep, 0) => Erase::Keep,
                (EraseSeed::Columns | EraseSeed::Keep, _) => Erase::Delete,
            };
            collections.push(Collection {
                name: match only {
                    None => tables[n].name.clone(),
                    Some(value) => format!("{}_{value}", tables[n].name),
                },
                table: n,
                only: only.map(|value| (at.sort, value)),
                identities,
                belongs_to: Vec::new(),
                held_by: Vec::new(),
                also_used_by: Vec::new(),
                refers_to: Vec::new(),
                erase,
                treatments: treatments(n, drawn, &tables[n], erase),
            });
        }
    }
    for (n, own) in pointers.iter().enumerate() {
        for (p, pointer) in own.iter().enumerate() {
            if mapped[pointer.to] {
                tell(&mut collections, tables, mapped[n], n, p, pointer);
            }
        }
    }
    for c in 1..collections.len() {
        let second = collections[c - 1].table == collections[c].table;
        let ways = |it: &Collection| it.belongs_to.len() + it.held_by.len() + it.identities.len();
        if second && ways(&collections[c]) > 1 {
            collections[c].belongs_to.pop();
        }
    }
    settle(&mut collections, tables);
    collections
}

/// Writes a pointer into the map, as far as the language allows what was drawn.
fn tell(
    collections: &mut [Collection],
    tables: &[Table],
    mapped: bool,
    n: usize,
    p: usize,
    pointer: &Pointer,
) {
    let of = |collections: &[Collection], table: usize| -> Vec<usize> {
        (0..collections.len())
            .filter(|c| collections[*c].table == table)
            .collect()
    };
    let (here, there) = (of(collections, n), of(collections, pointer.to));
    let one_there = there[p % there.len()];
    let turned: On = pointer.on.iter().map(|(a, b)| (*b, *a)).collect();
    let loose = |(column, _): &(usize, usize)| {
        tables[n].columns[*column].nullable && !tables[n].key.contains(column)
    };
    let means = match pointer.means {
        Means::BelongsTo if !mapped || pointer.to >= n => Means::Nothing,
        Means::Holds if !mapped || pointer.to <= n => Means::Stop,
        means => means,
    };
    match means {
        Means::BelongsTo => {
            for c in here {
                collections[c].belongs_to.push(Edge {
                    to: one_there,
                    on: pointer.on.clone(),
                });
            }
        }
        Means::Holds => {
            let holder = here[p % here.len()];
            for c in there {
                collections[c].held_by.push(Edge {
                    to: holder,
                    on: turned.clone(),
                });
            }
        }
        Means::Uses => {
            for c in there {
                collections[c].also_used_by.push(User {
                    table: n,
                    on: turned.clone(),
                });
            }
        }
        Means::Detach | Means::Stop if mapped => {
            for c in here {
                collections[c].refers_to.push(Reference {
                    edge: Edge {
                        to: one_there,
                        on: pointer.on.clone(),
                    },
                    detach: means == Means::Detach && pointer.on.iter().any(loose),
                });
            }
        }
        Means::Detach | Means::Stop | Means::Nothing => {}
    }
}

fn treatments(n: usize, drawn: &TableSeed, table: &Table, erase: Erase) -> Vec<Option<Treatment>> {
    let mut all = vec![None; table.columns.len()];
    if erase != Erase::Columns {
        return all;
    }
    let at = fixed(table);
    let filled = [
        Treatment::Fixed,
        Treatment::Random,
        Treatment::Pseudonymise,
        Treatment::Keep,
    ];
    let any = [
        Treatment::Null,
        Treatment::Fixed,
        Treatment::Random,
        Treatment::Pseudonymise,
        Treatment::Keep,
    ];
    let pick = |from: &[Treatment], n: usize| from[usize::from(drawn.treatments[n]) % from.len()];
    // At least one column is replaced: a row of which everything stays is kept.
    all[at.a] = Some(pick(&filled[..3], 0));
    all[at.b] = Some(pick(&any, 1));
    let of_mail = [
        Treatment::Null,
        Treatment::Random,
        Treatment::Pseudonymise,
        Treatment::Keep,
    ];
    all[at.mail] = Some(pick(&of_mail, 2));
    if n > 0 {
        all[at.who] = Some(pick(&[Treatment::Null, Treatment::Keep], 3));
    }
    for (i, column) in table.columns.iter().enumerate().skip(at.who + 1) {
        if column.nullable && drawn.treatments[3].is_multiple_of(3) {
            all[i] = Some(Treatment::Detach);
        }
    }
    all
}

/// A row that stays may not hold a foreign key on an owner that goes: the connector refuses such a
/// map as a whole, and nothing else would be tried.
fn settle(collections: &mut [Collection], tables: &[Table]) {
    loop {
        let fault = (0..collections.len()).find_map(|c| {
            let here = &collections[c];
            let stays = here.erase != Erase::Delete;
            let key = tables[here.table].foreign_keys.iter().find(|key| {
                let lets_go = |(column, _): &(usize, usize)| {
                    matches!(here.treatments[*column], Some(it) if it != Treatment::Keep)
                };
                let mut owners = here.belongs_to.iter().chain(&here.held_by);
                let owner_goes = owners.any(|edge| {
                    let owner = &collections[edge.to];
                    owner.table == key.to && owner.erase == Erase::Delete
                });
                stays && owner_goes && !key.on.iter().any(lets_go)
            });
            key.map(|key| (c, key.on.clone()))
        });
        let Some((c, on)) = fault else { return };
        let table = &tables[collections[c].table];
        let loose = on
            .iter()
            .map(|(column, _)| *column)
            .find(|column| table.columns[*column].nullable && !table.key.contains(column));
        match loose {
            Some(column) if collections[c].erase == Erase::Columns => {
                collections[c].treatments[column] = Some(Treatment::Detach);
            }
            Some(_) | None => {
                collections[c].erase = Erase::Delete;
                collections[c].treatments = vec![None; table.columns.len()];
            }
        }
    }
}

fn rows(seed: &Seed, tables: &[Table], pointers: &[Vec<Pointer>], emails: &[String]) -> Rows {
    // A row that must point somewhere needs a table with rows.
    let mut counts: Vec<usize> = seed.tables.iter().map(|table| table.rows.len()).collect();
    let must = |n: usize, pointer: &Pointer| {
        let columns = &tables[n].columns;
        pointer.declared
            && pointer
                .on
                .iter()
                .all(|(column, _)| !columns[*column].nullable)
    };
    loop {
        let empty = (0..tables.len()).find(|n| {
            let lost = |it: &Pointer| must(*n, it) && counts[it.to] == 0;
            counts[*n] > 0 && pointers[*n].iter().any(lost)
        });
        match empty {
            Some(n) => counts[n] = 0,
            None => break,
        }
    }
    let mut rows: Rows = tables.iter().map(|_| Vec::new()).collect();
    // Keys first, since pointers lead both ways. A key made of an owner's needs that one's before.
    for (n, table) in tables.iter().enumerate() {
        for (r, drawn) in seed.tables[n].rows.iter().enumerate().take(counts[n]) {
            let mut row = vec![Cell::Null; table.columns.len()];
            keys(n, r, table, pointers[n].first(), drawn, &rows, &mut row);
            values(n, r, table, drawn, emails, &mut row);
            rows[n].push(row);
        }
    }
    for n in 0..tables.len() {
        for (r, drawn) in seed.tables[n].rows.iter().enumerate().take(counts[n]) {
            let at = fixed(&tables[n]);
            if n > 0 && !rows[0].is_empty() && drawn[2] % 4 < 3 {
                rows[n][r][at.who] = rows[0][usize::from(drawn[2] / 4) % rows[0].len()][0].clone();
            }
            for (p, pointer) in pointers[n].iter().enumerate() {
                if !tables[n].key.contains(&pointer.on[0].0) {
                    point(&mut rows, tables, n, r, pointer, drawn[4 + p % 4]);
                }
            }
        }
    }
    rows
}

fn keys(
    n: usize,
    r: usize,
    table: &Table,
    first: Option<&Pointer>,
    drawn: &RowSeed,
    rows: &Rows,
    row: &mut Row,
) {
    let of_owner = first.filter(|it| table.key.contains(&it.on[0].0));
    let own = of_owner.map_or(0, |it| it.on.len());
    if let Some(owner) = of_owner {
        let keys = &rows[owner.to];
        for (column, there) in &owner.on {
            // Without a row to hang on, the owner's key dangles: no foreign key says otherwise.
            row[*column] = match keys.len() {
                0 => dangling(table.columns[*column].kind),
                many => keys[usize::from(drawn[4]) % many][*there].clone(),
            };
        }
    }
    for (i, column) in table.key.iter().enumerate().skip(own) {
        row[*column] = Cell::Is(match table.columns[*column].kind {
            Kind::Text => format!("k{n}-{r}"),
            // The first column of a composite key repeats.
            Kind::Integer if i + 1 < table.key.len() => (r % 2 + 1).to_string(),
            Kind::Integer => (n * 100 + r + 1).to_string(),
        });
    }
}

fn values(n: usize, r: usize, table: &Table, drawn: &RowSeed, emails: &[String], row: &mut Row) {
    let at = fixed(table);
    let sort = usize::from(drawn[0]) % 4;
    row[at.sort] = SORT
        .get(sort)
        .map_or(Cell::Null, |it| Cell::Is((*it).to_owned()));
    row[at.a] = Cell::Is(format!("The value {r} of table {n}"));
    if !drawn[3].is_multiple_of(3) {
        row[at.b] = Cell::Is(format!("Łódź 0{} and some more", drawn[3]));
    }
    // One in eight belongs to nobody.
    if drawn[1] % 8 < 7 {
        row[at.mail] = Cell::Is(emails[usize::from(drawn[1] / 8) % emails.len()].clone());
    }
}

fn dangling(kind: Kind) -> Cell {
    Cell::Is(match kind {
        Kind::Integer => "9999".to_owned(),
        Kind::Text => "gone".to_owned(),
    })
}

/// Fills the columns of a pointer: mostly with the key of a row that is there.
fn point(rows: &mut Rows, tables: &[Table], n: usize, r: usize, pointer: &Pointer, choice: u8) {
    let columns = &tables[n].columns;
    let can_be_null = pointer
        .on
        .iter()
        .any(|(column, _)| columns[*column].nullable);
    let there = rows[pointer.to].len();
    let null = can_be_null && (choice % 5 == 4 || there == 0);
    let gone = !pointer.declared && (choice % 11 == 10 || there == 0);
    for (column, key) in &pointer.on {
        let kind = columns[*column].kind;
        rows[n][r][*column] = if null && columns[*column].nullable {
            Cell::Null
        } else if null || gone {
            match (kind, choice % 2) {
                // An empty text is nobody's key.
                (Kind::Text, 0) => Cell::Is(String::new()),
                _ => dangling(kind),
            }
        } else {
            let at = if pointer.straight {
                r
            } else {
                usize::from(choice / 5)
            };
            rows[pointer.to][at % there][*key].clone()
        };
    }
}
