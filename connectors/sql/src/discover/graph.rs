//! Which tables hold persons, what belongs to them, and what they share.

use super::{
    categories::{self, Kind},
    contained::Share,
    derived::{self, Derived},
    kinds,
    links::{self, Doubt, Link},
    sample::Sample,
    tables::{self, Entry, Only},
    words,
};
use crate::Catalogue;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Holds something to find a person by.
    Person,
    /// Holds the key of a person's row, or of a row that does.
    Owned,
    /// Its key stands in a person's row, such as an address.
    Held,
}

pub(super) struct Member {
    pub table: usize,
    pub role: Role,
}

pub(super) struct Graph<'a> {
    pub tables: Vec<Entry<'a>>,
    pub links: Vec<Link>,
    /// Pointers that names suggest and that are not followed.
    pub doubts: Vec<Doubt>,
    /// In the order in which a map lists them.
    pub members: Vec<Member>,
    pub derived: Vec<Derived<'a>>,
}

impl<'a> Graph<'a> {
    pub fn of(catalogue: &'a Catalogue, sample: &Sample) -> Graph<'a> {
        let tables = tables::of(catalogue, sample);
        let (links, doubts) = links::of(&tables, sample);
        let mut graph = Graph {
            links,
            doubts,
            members: Vec::new(),
            derived: Vec::new(),
            tables,
        };
        let persons = (0..graph.tables.len()).filter(|n| is_person(&graph.tables[*n]));
        graph.members = persons.map(person).collect();
        graph.own();
        graph.divide(sample);
        graph.hold();
        graph.look_inside();
        // What leads out of the map is no concern of it.
        let members: Vec<usize> = graph.members.iter().map(|member| member.table).collect();
        graph.links.retain(|link| members.contains(&link.to));
        graph.derived = derived::of(catalogue, &graph, sample);
        graph
    }

    pub fn role(&self, table: usize) -> Option<Role> {
        self.members
            .iter()
            .find(|member| member.table == table)
            .map(|member| member.role)
    }

    pub fn has(&self, table: usize) -> bool {
        self.role(table).is_some()
    }

    pub fn is_held(&self, table: usize) -> bool {
        self.role(table) == Some(Role::Held)
    }

    /// A table whose rows are a person's and may hold the key of something shared.
    pub fn holds(&self, table: usize) -> bool {
        matches!(self.role(table), Some(Role::Person | Role::Owned))
    }

    /// Tables whose foreign keys run in a circle, each circle once.
    pub fn circles(&self) -> Vec<Vec<usize>> {
        let mut circles: Vec<Vec<usize>> = Vec::new();
        for member in &self.members {
            let at = member.table;
            let known = circles.iter().any(|circle| circle.contains(&at));
            let there = self.reach(at, &|link| !link.guessed);
            let circle: Vec<usize> = there
                .into_iter()
                .filter(|other| *other != at)
                .filter(|other| self.reach(*other, &|link| !link.guessed).contains(&at))
                .collect();
            if !known && !circle.is_empty() {
                circles.push([vec![at], circle].concat());
            }
        }
        circles
    }

    /// Ownership from the persons outward, first from those who are served: a row that names both a
    /// customer and the clerk who served is the customer's. A row that names its person itself
    /// belongs to that person only: its other pointers may lead to rows of others.
    fn own(&mut self) {
        let persons: Vec<usize> = self.members.iter().map(|member| member.table).collect();
        let serves = |graph: &Graph, table: usize| words::serves(graph.tables[table].name());
        for person in &persons {
            // A person's row may itself belong to another person's, but never in a circle.
            self.adopt(*person, &|graph, link| {
                graph.role(link.to) == Some(Role::Person)
                    && !graph.leads(link.to, link.from)
                    && (serves(graph, link.from) || !serves(graph, link.to))
            });
        }
        let (serving, served): (Vec<usize>, Vec<usize>) = persons
            .into_iter()
            .partition(|person| serves(self, *person));
        self.spread(served);
        self.spread(serving);
    }

    fn spread(&mut self, mut frontier: Vec<usize>) {
        while !frontier.is_empty() {
            let reached = std::mem::take(&mut frontier);
            for table in 0..self.tables.len() {
                if !self.has(table) && self.adopt(table, &|_, link| reached.contains(&link.to)) {
                    frontier.push(table);
                }
            }
            for table in &frontier {
                self.members.push(Member {
                    table: *table,
                    role: Role::Owned,
                });
            }
        }
    }

    /// Turns a table's fitting pointers into ownership, and says whether there were any.
    fn adopt(&mut self, table: usize, fits: &dyn Fn(&Graph, &Link) -> bool) -> bool {
        let mut adopted = false;
        for n in 0..self.links.len() {
            let link = &self.links[n];
            let own =
                link.from == table && link.to != table && !link.means_somebody_else(&self.tables);
            if own && fits(self, link) {
                self.links[n].owns = true;
                adopted = true;
            }
        }
        adopted
    }

    /// Ownership already leads from one table to another.
    fn leads(&self, from: usize, to: usize) -> bool {
        from == to || self.reach(from, &|link| link.owns).contains(&to)
    }

    /// Where the chosen links lead from a table, which is among them when they lead back.
    fn reach(&self, from: usize, chosen: &dyn Fn(&Link) -> bool) -> Vec<usize> {
        let mut seen = Vec::new();
        let mut next = vec![from];
        while let Some(at) = next.pop() {
            for link in self
                .links
                .iter()
                .filter(|link| link.from == at && chosen(link))
            {
                if !seen.contains(&link.to) {
                    seen.push(link.to);
                    next.push(link.to);
                }
            }
        }
        seen
    }

    /// Rows of a table that nothing else owns belong to several tables: a member for each of those
    /// that the rows name.
    fn divide(&mut self, sample: &Sample) {
        let mut added = Vec::new();
        for from in 0..self.tables.len() {
            let table = self.tables[from].table;
            let (Some(pair), Some(kinds)) = (kinds::pair(table), sample.kinds(&table.name)) else {
                continue;
            };
            if self.has(from) || words::means_somebody_else(&pair.id) {
                continue;
            }
            for (target, words) in &kinds.named {
                let to = self.tables.iter().position(|it| it.table.name == *target);
                let Some(to) = to.filter(|to| self.holds(*to)) else {
                    continue;
                };
                let pointer = links::pointer_of_kind(&self.tables, from, &pair, to, words);
                let Some(pointer) = pointer else { continue };
                let share = sample.share(&pointer);
                if share.is_some_and(Share::refutes) {
                    continue;
                }
                let only = Only {
                    column: pair.kind.clone(),
                    words: words.clone(),
                    of: to,
                };
                let place = self.tables.len();
                self.tables.push(Entry {
                    only: Some(only),
                    ..self.tables[from].clone()
                });
                self.copy_links(from, place);
                self.links.push(Link {
                    from: place,
                    to,
                    on: vec![(pointer.column, pointer.key)],
                    guessed: true,
                    share,
                    owns: true,
                });
                self.members.push(Member {
                    table: place,
                    role: Role::Owned,
                });
                added.push(place);
            }
        }
        self.spread(added);
    }

    /// What the rows of a table point at, and what points at them, holds for a part of them too.
    fn copy_links(&mut self, table: usize, part: usize) {
        let place = |at: usize| if at == table { part } else { at };
        let copies: Vec<Link> = self
            .links
            .iter()
            .filter(|link| link.from == table || link.to == table)
            .map(|link| Link {
                from: place(link.from),
                to: place(link.to),
                ..link.clone()
            })
            .collect();
        self.links.extend(copies);
    }

    /// Persons whom nothing leads to but an address inside a JSON value.
    fn look_inside(&mut self) {
        let found: Vec<usize> = (0..self.tables.len())
            .filter(|n| !self.has(*n) && has_address_inside(&self.tables[*n]))
            .collect();
        self.members.extend(found.iter().copied().map(person));
        self.spread(found);
        self.hold();
    }

    fn hold(&mut self) {
        let held: Vec<usize> = (0..self.tables.len())
            .filter(|n| !self.has(*n) && self.tables[*n].categories().any(categories::is_telling))
            .filter(|n| {
                self.links.iter().any(|link| {
                    link.to == *n && self.holds(link.from) && is_of_its_own(&self.tables, link)
                })
            })
            .collect();
        self.members.extend(held.into_iter().map(|table| Member {
            table,
            role: Role::Held,
        }));
    }
}

fn person(table: usize) -> Member {
    Member {
        table,
        role: Role::Person,
    }
}

/// A JSON value holds the address of the row's own person.
fn has_address_inside(entry: &Entry<'_>) -> bool {
    let mut parts = entry.parts.values().flatten();
    parts.any(|(part, meaning)| meaning.identity == Some(Kind::Email) && part.is_ones_own())
}

pub(super) fn is_person(entry: &Entry<'_>) -> bool {
    let found_by = |kind| {
        entry
            .meanings
            .values()
            .any(|meaning| meaning.identity == Some(kind))
    };
    let named = || {
        entry
            .categories()
            .any(|category| category.starts_with(categories::NAME))
    };
    found_by(Kind::Email) || found_by(Kind::Username) || (found_by(Kind::Phone) && named())
}

/// The row pointed at is part of what is known about the person, as an address or a profile is. The
/// warehouse that an order leaves from has an address too.
fn is_of_its_own(tables: &[Entry<'_>], link: &Link) -> bool {
    const PARTS: &[&str] = &[
        "account",
        "addr",
        "address",
        "bank",
        "billing",
        "biography",
        "card",
        "contact",
        "demographic",
        "detail",
        "email",
        "identity",
        "info",
        "information",
        "location",
        "person",
        "phone",
        "profile",
        "residence",
        "shipping",
    ];
    let mut words = words::of_table(tables[link.to].name());
    words.extend(link.on.iter().flat_map(|(column, _)| words::split(column)));
    words
        .iter()
        .any(|word| PARTS.contains(&words::singular(word).as_str()))
}
