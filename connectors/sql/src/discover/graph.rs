//! Which tables hold persons, what belongs to them, and what they share.

use super::words;
use crate::{Catalogue, Table};

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

/// A pointer, declared as a foreign key or guessed from equal names.
pub(super) struct Link {
    pub from: usize,
    pub to: usize,
    pub on: Vec<(String, String)>,
    /// The row that points belongs to the row that it points at.
    pub owns: bool,
}

pub(super) struct Graph<'a> {
    pub tables: Vec<&'a Table>,
    pub links: Vec<Link>,
    /// In the order in which a map lists them.
    pub members: Vec<Member>,
}

impl<'a> Graph<'a> {
    pub fn of(catalogue: &'a Catalogue) -> Graph<'a> {
        let usable = |table: &&Table| {
            !table.is_view && row_key(table).is_some() && table.name.name != "habeas_effect"
        };
        let tables: Vec<&Table> = catalogue.tables.iter().filter(usable).collect();
        let mut graph = Graph {
            links: links(&tables),
            members: Vec::new(),
            tables,
        };
        let persons = (0..graph.tables.len()).filter(|n| is_person(graph.tables[*n]));
        graph.members = persons
            .map(|table| Member {
                table,
                role: Role::Person,
            })
            .collect();
        graph.own();
        graph.hold();
        // What leads out of the map is no concern of it.
        let members: Vec<usize> = graph.members.iter().map(|member| member.table).collect();
        graph.links.retain(|link| members.contains(&link.to));
        graph
    }

    pub fn role(&self, table: usize) -> Option<&Role> {
        self.members
            .iter()
            .find(|member| member.table == table)
            .map(|member| &member.role)
    }

    pub fn has(&self, table: usize) -> bool {
        self.role(table).is_some()
    }

    pub fn is_held(&self, table: usize) -> bool {
        self.role(table) == Some(&Role::Held)
    }

    /// A table whose rows are a person's and may hold the key of something shared.
    pub fn holds(&self, table: usize) -> bool {
        matches!(self.role(table), Some(Role::Person | Role::Owned))
    }

    /// Ownership from the persons outward. A row that names its person itself belongs to that
    /// person only: its other pointers may lead to rows of others.
    fn own(&mut self) {
        let mut frontier: Vec<usize> = self.members.iter().map(|member| member.table).collect();
        for person in frontier.clone() {
            // A person's row may itself belong to another person's, but never in a circle.
            self.adopt(person, &|graph, link| {
                graph.role(link.to) == Some(&Role::Person) && !graph.leads(link.to, link.from)
            });
        }
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
            let other = link
                .on
                .iter()
                .any(|(column, _)| words::means_somebody_else(column));
            if link.from == table && link.to != table && !other && fits(self, link) {
                self.links[n].owns = true;
                adopted = true;
            }
        }
        adopted
    }

    /// Ownership already leads from one table to another.
    fn leads(&self, from: usize, to: usize) -> bool {
        let mut seen = vec![from];
        let mut next = 0;
        while let Some(at) = seen.get(next).copied() {
            next += 1;
            for link in self
                .links
                .iter()
                .filter(|link| link.from == at && link.owns)
            {
                if !seen.contains(&link.to) {
                    seen.push(link.to);
                }
            }
        }
        seen.contains(&to)
    }

    fn hold(&mut self) {
        let held: Vec<usize> = (0..self.tables.len())
            .filter(|n| !self.has(*n) && is_address(self.tables[*n]))
            .filter(|n| {
                self.links
                    .iter()
                    .any(|link| link.to == *n && self.holds(link.from))
            })
            .collect();
        self.members.extend(held.into_iter().map(|table| Member {
            table,
            role: Role::Held,
        }));
    }
}

/// The columns that name a row: the primary key, or else the first unique set.
pub(super) fn row_key(table: &Table) -> Option<&[String]> {
    let first = (!table.key.is_empty())
        .then_some(&table.key)
        .or(table.unique.first())?;
    Some(first.as_slice())
}

fn is_person(table: &Table) -> bool {
    let kinds: Vec<words::Kind> = table
        .columns
        .iter()
        .filter_map(|column| {
            words::identity(words::category(&column.name, column.shape)?, &column.name)
        })
        .collect();
    let named = || {
        table.columns.iter().any(|column| {
            words::category(&column.name, column.shape).is_some_and(|c| c.starts_with("user.name"))
        })
    };
    kinds.contains(&words::Kind::Email)
        || kinds.contains(&words::Kind::Username)
        || (kinds.contains(&words::Kind::Phone) && named())
}

fn is_address(table: &Table) -> bool {
    table
        .columns
        .iter()
        .any(|column| words::is_an_address(&column.name, column.shape))
}

fn links(tables: &[&Table]) -> Vec<Link> {
    let mut links = Vec::new();
    for (from, table) in tables.iter().enumerate() {
        for key in &table.foreign_keys {
            if let Some(to) = tables.iter().position(|table| table.name == key.to) {
                links.push(Link {
                    from,
                    to,
                    on: key.on.clone(),
                    owns: false,
                });
            }
        }
        for column in &table.columns {
            let declared =
                |key: &crate::ForeignKey| key.on.iter().any(|(own, _)| *own == column.name);
            if table.foreign_keys.iter().any(declared)
                || row_key(table) == Some(std::slice::from_ref(&column.name))
            {
                continue;
            }
            let meant = tables.iter().enumerate().find_map(|(to, target)| {
                let [key] = row_key(target)? else { return None };
                let live = target.column(key)?;
                (live.shape == column.shape && means(&column.name, target, key))
                    .then_some((to, key))
            });
            if let Some((to, key)) = meant {
                links.push(Link {
                    from,
                    to,
                    on: vec![(column.name.clone(), key.clone())],
                    owns: false,
                });
            }
        }
    }
    links
}

/// The column is named like the key of a table: `customer_id`, `manager_staff_id`, or `customer_id`
/// for the `id` of `customers`.
fn means(column: &str, target: &Table, key: &str) -> bool {
    let column = words::split(column);
    let key = words::split(key);
    if key.len() > 1 {
        return column.ends_with(&key);
    }
    let mut table = words::split(&target.name.name);
    let ends = |table: &[String]| {
        let full: Vec<&String> = table.iter().chain(&key).collect();
        column.len() >= full.len()
            && column[column.len() - full.len()..]
                .iter()
                .zip(full)
                .all(|(a, b)| a == b)
    };
    let as_it_is = ends(&table);
    if let Some(last) = table.last_mut()
        && let Some(singular) = last.strip_suffix('s')
    {
        *last = singular.to_owned();
    }
    as_it_is || ends(&table)
}
