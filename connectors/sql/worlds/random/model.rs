//! What must become of every row, worked out over the rows themselves.
//!
//! It follows docs/data-map.md and knows no SQL. A row *goes* when its collection is deleted and
//! nothing holds it back; what holds it back is a row of somebody else that uses it, a row of the
//! subject that uses it and stays, or that nothing but such a row leads to it. A row that stays and
//! points at one that goes is detached where the map says so, and stops everything where it does not.

use std::collections::BTreeSet;

use super::{
    build::fixed,
    print::Words,
    world::{Cell, Collection, EMAIL, Edge, Erase, FIXED, NUMBER, On, Row, Rows, Treatment, World},
};

/// A row by its collection and its place in the table.
type At = (usize, usize);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub located: u64,
    pub erased: u64,
    pub replaced: u64,
    pub kept: u64,
    pub detached: u64,
}

#[derive(Debug, Clone)]
pub struct Model<'a> {
    pub world: &'a World,
    pub rows: Rows,
    pub refuses_rings: bool,
}

/// Why nothing may be done for a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No order of deletions respects the foreign keys.
    Circle,
    /// A row that stays points at one that would go.
    Depends,
    /// Rows of one table point at each other, and the database deletes them only one by one.
    Ring,
}

/// By whom somebody is found: the proven address, and the numbers of the own accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    pub email: String,
    pub numbers: BTreeSet<String>,
}

impl<'a> Model<'a> {
    pub fn new(world: &'a World, words: &Words) -> Self {
        Self {
            world,
            rows: world.rows.clone(),
            refuses_rings: words.refuses_rings.is_some(),
        }
    }

    /// Widens the search by the number of every account that the address leads to.
    pub fn subject(&self, email: &str) -> Subject {
        let mail = fixed(&self.world.tables[0]).mail;
        let own = |row: &&Row| row[mail].known() == Some(email);
        let numbers = self.rows[0].iter().filter(own);
        Subject {
            email: email.to_owned(),
            numbers: numbers
                .filter_map(|row| row[0].known().map(str::to_owned))
                .collect(),
        }
    }

    fn row(&self, (c, r): At) -> &Row {
        &self.rows[self.world.collections[c].table][r]
    }

    /// The row belongs to the collection and not only to its table.
    fn is_in(&self, collection: &Collection, row: &Row) -> bool {
        let (_, holds) = match collection.only {
            None => return true,
            Some((column, value)) => (column, row[column].known() == Some(value)),
        };
        holds
    }

    fn identified(&self, subject: &Subject, collection: &Collection, row: &Row) -> bool {
        collection.identities.iter().any(|(column, kind)| {
            let held = row[*column].known();
            held.is_some_and(|held| match *kind {
                EMAIL => held == subject.email,
                NUMBER => subject.numbers.contains(held),
                other => unreachable!("no kind '{other}'"),
            })
        })
    }

    /// Rows of the subject in every collection.
    pub fn find(&self, subject: &Subject) -> BTreeSet<At> {
        let mut found = BTreeSet::new();
        // Owners stand before what they own.
        for (c, collection) in self.world.collections.iter().enumerate() {
            for (r, row) in self.rows[collection.table].iter().enumerate() {
                let owned = |edge: &Edge| {
                    let owners = found.iter().filter(|(o, _)| *o == edge.to);
                    owners
                        .into_iter()
                        .any(|owner| meet(&edge.on, row, self.row(*owner)))
                };
                let mut edges = collection.belongs_to.iter().chain(&collection.held_by);
                let leads = self.identified(subject, collection, row) || edges.any(owned);
                if self.is_in(collection, row) && leads {
                    found.insert((c, r));
                }
            }
        }
        found
    }

    /// The collection of the subject's in which a row of a table was found.
    fn found_in(&self, found: &BTreeSet<At>, table: usize, r: usize) -> Option<usize> {
        let mut collections = self.world.collections_of(table);
        collections.find(|c| found.contains(&(*c, r)))
    }

    /// Found rows that are held back.
    fn held_back(&self, subject: &Subject, found: &BTreeSet<At>) -> BTreeSet<At> {
        let mut held = BTreeSet::new();
        loop {
            let more: Vec<At> = found
                .iter()
                .filter(|at| !held.contains(*at))
                .filter(|at| {
                    self.is_used(**at, found, &held) || !self.is_led(subject, **at, found, &held)
                })
                .copied()
                .collect();
            if more.is_empty() {
                return held;
            }
            held.extend(more);
        }
    }

    /// Something that stays uses the row.
    fn is_used(&self, at: At, found: &BTreeSet<At>, held: &BTreeSet<At>) -> bool {
        let here = &self.world.collections[at.0];
        let holders = here
            .held_by
            .iter()
            .map(|edge| (self.world.collections[edge.to].table, &edge.on));
        let users = here.also_used_by.iter().map(|user| (user.table, &user.on));
        let mut pointers = holders.chain(users);
        pointers.any(|(table, on)| {
            let mut rows = self.rows[table].iter().enumerate();
            let columns: Vec<usize> = on.iter().map(|(_, theirs)| *theirs).collect();
            rows.any(|(r, user)| {
                meet(on, self.row(at), user) && self.goes_on(table, r, &columns, found, held)
            })
        })
    }

    /// The row goes on pointing by these columns when the subject's rows are treated.
    fn goes_on(
        &self,
        table: usize,
        r: usize,
        columns: &[usize],
        found: &BTreeSet<At>,
        held: &BTreeSet<At>,
    ) -> bool {
        let Some(c) = self.found_in(found, table, r) else {
            return true;
        };
        let collection = &self.world.collections[c];
        let replaced = |column: &usize| matches!(collection.treatments[*column], Some(it) if it != Treatment::Keep);
        match collection.erase {
            _ if held.contains(&(c, r)) => true,
            Erase::Delete => false,
            Erase::Columns => !columns.iter().any(replaced),
            Erase::Keep => true,
        }
    }

    /// Something leads to the row that is not itself held back for others.
    fn is_led(&self, subject: &Subject, at: At, found: &BTreeSet<At>, held: &BTreeSet<At>) -> bool {
        let collection = &self.world.collections[at.0];
        let free = |edge: &Edge| {
            let owners = found.iter().filter(|(o, _)| *o == edge.to);
            owners
                .filter(|owner| !held.contains(*owner))
                .any(|owner| meet(&edge.on, self.row(at), self.row(*owner)))
        };
        let mut edges = collection.belongs_to.iter().chain(&collection.held_by);
        self.identified(subject, collection, self.row(at)) || edges.any(free)
    }

    /// Does what an erasure has to do, or says why it must not.
    pub fn erase(&mut self, subject: &Subject) -> Result<Vec<Counts>, Refused> {
        let world = self.world;
        if self.has_circle() {
            return Err(Refused::Circle);
        }
        let found = self.find(subject);
        let held = self.held_back(subject, &found);
        let erase = |(c, _): &At| world.collections[*c].erase;
        let treated: Vec<At> = found.difference(&held).copied().collect();
        let mut counts = vec![Counts::default(); world.collections.len()];
        let mut emptied: Vec<(usize, usize, usize)> = Vec::new();
        for going in treated.iter().filter(|at| erase(at) == Erase::Delete) {
            let goes_on = |table: usize, r: usize, on: &On| {
                let columns: Vec<usize> = on.iter().map(|(column, _)| *column).collect();
                self.goes_on(table, r, &columns, &found, &held)
            };
            self.cut(*going, goes_on, &mut emptied)?;
        }
        if self.refuses_rings && self.has_ring(&treated) {
            return Err(Refused::Ring);
        }
        for (c, collection) in world.collections.iter().enumerate() {
            for reference in collection.refers_to.iter().filter(|to| to.detach) {
                counts[c].detached += self.detached(c, &reference.edge, &treated, &found, &held);
            }
        }
        for at in &found {
            let counts = &mut counts[at.0];
            counts.located += 1;
            match erase(at) {
                _ if held.contains(at) => counts.kept += 1,
                Erase::Delete => counts.erased += 1,
                Erase::Columns => counts.replaced += 1,
                Erase::Keep => counts.kept += 1,
            }
        }
        for (table, r, column) in emptied {
            self.rows[table][r][column] = Cell::Null;
        }
        for (c, r) in treated.iter().filter(|at| erase(at) == Erase::Columns) {
            let collection = &world.collections[*c];
            for (cell, treatment) in self.rows[collection.table][*r]
                .iter_mut()
                .zip(&collection.treatments)
            {
                if let Some(treatment) = treatment {
                    treat(cell, *treatment);
                }
            }
        }
        let mut gone: Vec<(usize, usize)> = treated
            .iter()
            .filter(|at| erase(at) == Erase::Delete)
            .map(|(c, r)| (world.collections[*c].table, *r))
            .collect();
        gone.sort_unstable();
        for (table, r) in gone.into_iter().rev() {
            self.rows[table].remove(r);
        }
        Ok(counts)
    }

    /// Cuts every pointer at a row that is going: what is to be emptied, or that it may not go.
    fn cut(
        &self,
        going: At,
        goes_on: impl Fn(usize, usize, &On) -> bool,
        emptied: &mut Vec<(usize, usize, usize)>,
    ) -> Result<(), Refused> {
        let world = self.world;
        let target = world.collections[going.0].table;
        for (table, rows) in self.rows.iter().enumerate() {
            for (r, row) in rows.iter().enumerate() {
                let declared: Vec<(&On, bool)> = world
                    .collections_of(table)
                    .map(|c| &world.collections[c])
                    .filter(|collection| self.is_in(collection, row))
                    .flat_map(|collection| &collection.refers_to)
                    .filter(|to| to.edge.to == going.0)
                    .map(|to| (&to.edge.on, to.detach))
                    .collect();
                let keys = world.tables[table].foreign_keys.iter();
                let keys = keys.filter(|key| key.to == target).map(|key| &key.on);
                let said = |on: &On| declared.iter().any(|(other, _)| *other == on);
                let unsaid = keys.filter(|on| !said(on)).map(|on| (on, false));
                for (on, detach) in unsaid.chain(declared.iter().copied()) {
                    if !meet(on, row, self.row(going)) || !goes_on(table, r, on) {
                        continue;
                    }
                    if !detach {
                        return Err(Refused::Depends);
                    }
                    let loose = on.iter().map(|(column, _)| *column);
                    emptied.extend(
                        loose
                            .filter(|column| self.is_loose(table, *column))
                            .map(|column| (table, r, column)),
                    );
                }
            }
        }
        Ok(())
    }

    fn detached(
        &self,
        c: usize,
        edge: &Edge,
        treated: &[At],
        found: &BTreeSet<At>,
        held: &BTreeSet<At>,
    ) -> u64 {
        let collection = &self.world.collections[c];
        let columns: Vec<usize> = edge.on.iter().map(|(column, _)| *column).collect();
        let goes = self.world.collections[edge.to].erase == Erase::Delete;
        let rows = self.rows[collection.table].iter().enumerate();
        rows.filter(|(r, row)| {
            goes && self.is_in(collection, row)
                && self.goes_on(collection.table, *r, &columns, found, held)
                && treated
                    .iter()
                    .any(|at| at.0 == edge.to && meet(&edge.on, row, self.row(*at)))
        })
        .count() as u64
    }

    fn is_loose(&self, table: usize, column: usize) -> bool {
        let table = &self.world.tables[table];
        table.columns[column].nullable && !table.key.contains(&column)
    }

    /// Rows that go point at themselves, or at each other in a ring, by keys that cannot be emptied.
    fn has_ring(&self, treated: &[At]) -> bool {
        let world = self.world;
        let goes = |at: &&At| world.collections[at.0].erase == Erase::Delete;
        let mut left: Vec<At> = treated.iter().filter(goes).copied().collect();
        loop {
            let held = |at: &At| {
                left.iter().any(|other| {
                    let table = world.collections[at.0].table;
                    let mut keys = world.tables[table].foreign_keys.iter();
                    other.0 == at.0
                        && keys.any(|key| {
                            let tight =
                                |(column, _): &(usize, usize)| !self.is_loose(table, *column);
                            key.to == table
                                && key.on.iter().all(tight)
                                && meet(&key.on, self.row(*other), self.row(*at))
                        })
                })
            };
            let more: Vec<At> = left.iter().filter(|at| held(at)).copied().collect();
            if more.len() == left.len() {
                return !left.is_empty();
            }
            left = more;
        }
    }

    /// Foreign keys that can neither be emptied nor wait lead from some collection back to it, by
    /// way of others.
    pub fn has_circle(&self) -> bool {
        self.is_circular(false)
    }

    /// As `has_circle`, but for keys that can wait.
    pub fn has_late_circle(&self) -> bool {
        self.is_circular(true)
    }

    fn is_circular(&self, waits: bool) -> bool {
        let collections = &self.world.collections;
        let goes = |c: &usize| collections[*c].erase == Erase::Delete;
        let tight = |from: usize, to: usize| {
            let table = collections[from].table;
            let mut keys = self.world.tables[table].foreign_keys.iter();
            from != to
                && keys.any(|key| {
                    key.to == collections[to].table
                        && (waits || !key.can_wait)
                        && !key
                            .on
                            .iter()
                            .any(|(column, _)| self.is_loose(table, *column))
                })
        };
        let all: Vec<usize> = (0..collections.len()).filter(goes).collect();
        all.iter().any(|start| {
            let mut reached: Vec<usize> = vec![*start];
            let mut next = 0;
            while let Some(from) = reached.get(next).copied() {
                next += 1;
                for to in all.iter().filter(|to| tight(from, **to)) {
                    if to == start {
                        return true;
                    }
                    if !reached.contains(to) {
                        reached.push(*to);
                    }
                }
            }
            false
        })
    }
}

/// The columns of the one row hold those of the other. An empty text is nobody's key.
fn meet(on: &On, here: &Row, there: &Row) -> bool {
    let equal = |(a, b): &(usize, usize)| {
        let (a, b) = (here[*a].known(), there[*b].known());
        a.is_some() && a == b
    };
    let filled = |(a, _): &(usize, usize)| here[*a].known() != Some("");
    on.iter().all(equal) && on.iter().any(filled)
}

fn treat(cell: &mut Cell, treatment: Treatment) {
    let was = std::mem::replace(cell, Cell::Null);
    *cell = match (treatment, was) {
        (Treatment::Null | Treatment::Detach, _) => Cell::Null,
        (Treatment::Fixed, _) => Cell::Is(FIXED.to_owned()),
        (_, Cell::Null) => Cell::Null,
        (Treatment::Random, Cell::Is(text) | Cell::Drawn(text)) => Cell::Drawn(text),
        (Treatment::Random, Cell::Pseudonym) => Cell::Pseudonym,
        (Treatment::Pseudonymise, _) => Cell::Pseudonym,
        (Treatment::Keep, was) => was,
    };
}
