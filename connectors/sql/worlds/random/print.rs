//! A world as SQL and as YAML.

use super::world::{
    Cell, Collection, Column, EMAIL, Edge, Erase, FIXED, Kind, NUMBER, On, Table, Treatment, World,
};

/// Where databases differ.
#[derive(Debug)]
pub struct Words {
    pub text: &'static str,
    /// What every value is cast to when it is read.
    pub cast: &'static str,
    /// Statements around those that make and fill the tables.
    pub before: &'static str,
    pub after: &'static str,
    /// Foreign keys are added when the rows are there.
    pub keys_afterwards: bool,
    pub late: Late,
    /// With this code the database refuses to delete rows that point at themselves, or at each
    /// other in a ring.
    pub refuses_rings: Option<&'static str>,
    pub actions: &'static [&'static str],
    /// A foreign key acts in the middle of the statement that deletes both of its rows.
    pub acts_row_by_row: bool,
}

/// Which foreign keys a transaction may put off to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    Never,
    /// Those that are `deferrable`.
    WhenDeclared,
    Always,
}

impl World {
    pub fn script(&self, words: &Words) -> String {
        let mut lines = vec![words.before.to_owned()];
        for table in &self.tables {
            lines.push(self.create(table, words));
        }
        for (table, rows) in self.tables.iter().zip(&self.rows) {
            for row in rows {
                let values: Vec<String> = table
                    .columns
                    .iter()
                    .zip(row)
                    .map(|(c, v)| literal(c, v))
                    .collect();
                let (name, values) = (&table.name, values.join(", "));
                lines.push(format!("insert into {name} values ({values});"));
            }
        }
        if words.keys_afterwards {
            for table in &self.tables {
                for n in 0..table.foreign_keys.len() {
                    let key = self.foreign_key(table, n);
                    lines.push(format!("alter table {} add {key};", table.name));
                }
            }
        }
        lines.push(words.after.to_owned());
        lines.join("\n")
    }

    fn create(&self, table: &Table, words: &Words) -> String {
        let mut parts: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                let kind = match column.kind {
                    Kind::Integer => "integer",
                    Kind::Text => words.text,
                };
                let null = if column.nullable { "" } else { " not null" };
                format!("{} {kind}{null}", column.name)
            })
            .collect();
        parts.push(format!("primary key ({})", names(table, &table.key)));
        if !words.keys_afterwards {
            let keys = 0..table.foreign_keys.len();
            parts.extend(keys.map(|n| self.foreign_key(table, n)));
        }
        format!("create table {} ({});", table.name, parts.join(", "))
    }

    fn foreign_key(&self, table: &Table, n: usize) -> String {
        let key = &table.foreign_keys[n];
        let target = &self.tables[key.to];
        let (here, there): (Vec<usize>, Vec<usize>) = key.on.iter().copied().unzip();
        let later = if key.deferrable {
            " deferrable initially immediate"
        } else {
            ""
        };
        format!(
            "foreign key ({}) references {} ({}) on delete {}{later}",
            names(table, &here),
            target.name,
            names(target, &there),
            key.action
        )
    }

    /// All rows of a table as text, in the order of its columns.
    pub fn select(&self, table: usize, text: &str) -> String {
        let columns: Vec<String> = self.tables[table]
            .columns
            .iter()
            .map(|column| format!("cast({} as {text})", column.name))
            .collect();
        format!(
            "select {} from {}",
            columns.join(", "),
            self.tables[table].name
        )
    }

    pub fn map(&self) -> String {
        let mut yaml = "habeas: 1\nstore: random\ntitle: Random\ncollections:\n".to_owned();
        for collection in &self.collections {
            yaml += &self.collection(collection);
        }
        yaml
    }

    fn collection(&self, it: &Collection) -> String {
        let table = &self.tables[it.table];
        let mut yaml = format!("  {}:\n    table: {}\n", it.name, table.name);
        if let Some((column, value)) = it.only {
            yaml += &format!("    where: {{ {}: {value} }}\n", table.columns[column].name);
        }
        yaml += &format!("    key: [{}]\n    columns:\n", names(table, &table.key));
        for (n, column) in table.columns.iter().enumerate() {
            yaml += &format!("      {}: {{ {} }}\n", column.name, described(it, n));
        }
        for (part, edges) in [("belongs_to", &it.belongs_to), ("held_by", &it.held_by)] {
            if !edges.is_empty() {
                let edges: Vec<String> = edges.iter().map(|edge| self.edge(it, edge)).collect();
                yaml += &format!("    {part}: [{}]\n", edges.join(", "));
            }
        }
        if !it.refers_to.is_empty() {
            let references: Vec<String> = it
                .refers_to
                .iter()
                .map(|to| {
                    let then = if to.detach { "detach" } else { "stop" };
                    let edge = self.edge(it, &to.edge);
                    edge.replace(" } }", &format!(" }}, when_erased: {then} }}"))
                })
                .collect();
            yaml += &format!("    refers_to: [{}]\n", references.join(", "));
        }
        if !it.also_used_by.is_empty() {
            let users: Vec<String> = it
                .also_used_by
                .iter()
                .map(|user| {
                    let there = &self.tables[user.table];
                    let on = pairs(table, there, &user.on);
                    format!("{{ table: {}, on: {{ {on} }} }}", there.name)
                })
                .collect();
            yaml += &format!("    also_used_by: [{}]\n", users.join(", "));
        }
        yaml += match it.erase {
            Erase::Delete => "",
            Erase::Columns => "    erase: columns\n",
            Erase::Keep => "    erase: keep\n    ground: { article: A, reason: R }\n",
        };
        yaml
    }

    fn edge(&self, from: &Collection, edge: &Edge) -> String {
        let to = &self.collections[edge.to];
        let on = pairs(&self.tables[from.table], &self.tables[to.table], &edge.on);
        format!("{{ collection: {}, on: {{ {on} }} }}", to.name)
    }
}

fn described(it: &Collection, column: usize) -> String {
    let identity = it.identities.iter().find(|(at, _)| *at == column);
    let treatment = it.treatments[column];
    let mut parts = vec![match (identity, treatment) {
        (Some((_, EMAIL)), _) => "category: user.contact.email".to_owned(),
        (None, None) => "category: system".to_owned(),
        (Some(_), _) | (None, Some(_)) => "category: user.unique_id".to_owned(),
    }];
    if let Some((_, kind)) = identity {
        let one = match *kind == NUMBER && column == 0 {
            true => ", names_one_person: true",
            false => "",
        };
        parts.push(format!("identity: {{ kind: {kind}{one} }}"));
    }
    // What finds a row and stays, stays for a reason.
    let kept = identity.is_some() && it.erase == Erase::Columns;
    let treatment = treatment.or(kept.then_some(Treatment::Keep));
    parts.extend(treatment.map(|treatment| match treatment {
        Treatment::Null => "erase: \"null\"".to_owned(),
        Treatment::Fixed => format!("erase: {{ fixed: \"{FIXED}\" }}"),
        Treatment::Random => "erase: random".to_owned(),
        Treatment::Pseudonymise => "erase: pseudonymise".to_owned(),
        Treatment::Detach => "erase: detach".to_owned(),
        Treatment::Keep => "erase: keep, ground: { article: A, reason: R }".to_owned(),
    }));
    parts.join(", ")
}

fn names(table: &Table, columns: &[usize]) -> String {
    let names: Vec<&str> = columns
        .iter()
        .map(|column| table.columns[*column].name.as_str())
        .collect();
    names.join(", ")
}

fn pairs(here: &Table, there: &Table, on: &On) -> String {
    let pairs: Vec<String> = on
        .iter()
        .map(|(a, b)| format!("{}: {}", here.columns[*a].name, there.columns[*b].name))
        .collect();
    pairs.join(", ")
}

fn literal(column: &Column, value: &Cell) -> String {
    match (column.kind, value.known()) {
        (_, None) => "null".to_owned(),
        (Kind::Integer, Some(number)) => number.to_owned(),
        (Kind::Text, Some(text)) => format!("'{text}'"),
    }
}
