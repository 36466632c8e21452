//! Statements that read the rows that were found: how many, what they hold, what they lead to.

use super::{Binds, Compiler, Identified, Lead, Statement, by_key, prefixed, scope, table};
use crate::{layout::Place, quote};

/// How many rows an export reads.
pub(crate) enum Most {
    /// All of them, as the database finds them.
    All,
    /// So many, by subject and in the order of their keys.
    Sorted(u64),
}

impl Compiler<'_> {
    /// Columns: subject, rows.
    pub fn count(&self, n: usize) -> String {
        format!(
            "select subject, count(*) from {} group by subject",
            self.keys(n)
        )
    }

    /// Rows of the subjects, whatever becomes of them.
    pub fn count_held(&self, n: usize) -> String {
        format!("select count(*) from {}", self.keys(n))
    }

    /// Rows of the whole table, whoever's they are.
    pub fn count_all(&self, n: usize) -> String {
        format!("select count(*) from {}", table(&self.place(n).table.name))
    }

    /// What becomes of the rows. Columns: subject, mark, rows.
    pub fn fates(&self, n: usize) -> String {
        format!(
            "select subject, kept, count(*) from {} group by subject, kept",
            self.keys(n)
        )
    }

    /// How many rows a treatment will reach.
    pub fn count_going(&self, n: usize) -> String {
        format!("select count(*) from {} where kept = 0", self.keys(n))
    }

    /// Rows still there that should be gone. Columns: subject, rows.
    pub fn undeleted(&self, n: usize) -> String {
        format!(
            "select subject, count(*) from {} where kept = 0 group by subject",
            self.keys(n)
        )
    }

    /// Subjects who hold a row that an earlier subject of the batch holds too.
    pub fn entangled(&self, n: usize) -> String {
        let keys = self.keys(n);
        let pairs: Vec<String> = (0..self.place(n).spec.key.len())
            .map(|i| format!("a.k{i} = b.k{i}"))
            .collect();
        format!(
            "select distinct b.subject from {keys} a join {keys} b on {} \
             and a.subject < b.subject",
            pairs.join(" and ")
        )
    }

    /// Values that lead on, distinct per subject. Columns: subject, value.
    pub fn further(&self, n: usize, found: &Identified) -> String {
        let place = self.place(n);
        let value = self.held(found);
        format!(
            "select distinct k.subject, {value} from {} k join {} t on {} where {value} <> ''",
            self.keys(n),
            table(&place.table.name),
            by_key(place, "t", "k"),
        )
    }

    /// Every row comes once from one owner's row and leads nowhere: an export can read it without
    /// knowing its keys first.
    pub fn is_leaf(&self, n: usize) -> bool {
        let place = self.place(n);
        let [owner] = &place.owners[..] else {
            return false;
        };
        let there: Vec<String> = owner.on.iter().map(|(_, column)| column.clone()).collect();
        let owns = |other: &Place| other.owners.iter().any(|owner| owner.at == n);
        Identified::all(place).next().is_none()
            && self.place(owner.at).table.is_unique(&there)
            && !self.layout.places.iter().any(owns)
    }

    /// The subjects' rows `t` beside their subject `k`, by their keys or from their owner.
    fn rows_of(&self, n: usize, binds: &mut Binds) -> String {
        let place = self.place(n);
        match &place.owners[..] {
            [owner] if self.is_leaf(n) => {
                let (_, from) = self.lead(place, &Lead::From(owner), binds);
                format!("{from}{}", scope(self.dialect, binds, place, "t"))
            }
            _ => format!(
                "{} k join {} t on {} where 1 = 1",
                self.keys(n),
                table(&place.table.name),
                by_key(place, "t", "k"),
            ),
        }
    }

    /// How many rows an export reads of a run of subjects (the last two parameters: the first and
    /// the last). It stops to count at `most`.
    pub fn count_to_read(&self, n: usize, most: u64) -> Statement {
        let mut binds = self.binds();
        let from = self.rows_to_read(n, &mut binds);
        Statement {
            sql: format!("select count(*) from (select 1 from {from} limit {most}) f"),
            params: binds.params,
        }
    }

    /// The rows `t` that an export reads of a run of subjects, which come after the parameters.
    fn rows_to_read(&self, n: usize, binds: &mut Binds) -> String {
        let from = self.rows_of(n, binds);
        let bound = |n: usize| {
            self.dialect
                .integer(&self.dialect.param(binds.params.len() + n))
        };
        let recent = match &self.place(n).spec.lookback {
            Some(lookback) => {
                let column = format!("t.{}", quote(&lookback.column));
                let within = self.dialect.within_months(&column, lookback.months);
                format!(" and {within}")
            }
            None => String::new(),
        };
        format!(
            "{from} and k.subject between {} and {}{recent}",
            bound(1),
            bound(2)
        )
    }

    /// The subject and the mapped columns of its rows, for a run of subjects (the last two
    /// parameters: the first and the last); what is withheld is not even read.
    pub fn export(&self, n: usize, most: Most) -> Statement {
        let place = self.place(n);
        let columns: Vec<String> = place
            .spec
            .columns
            .iter()
            .map(|(name, spec)| {
                let column = format!("t.{}", quote(name));
                if spec.withhold {
                    format!("case when {column} is null then 0 else 1 end")
                } else {
                    self.dialect.export(&column, place.column(name).shape)
                }
            })
            .collect();
        let order = match most {
            Most::All => String::new(),
            Most::Sorted(rows) => {
                format!(" order by k.subject, {} limit {rows}", prefixed(place, "t"))
            }
        };
        let mut binds = self.binds();
        let from = self.rows_to_read(n, &mut binds);
        Statement {
            sql: format!(
                "select k.subject, {} from {from}{order}",
                columns.join(", ")
            ),
            params: binds.params,
        }
    }

    /// Rows that do not hold these values. Columns: subject, rows.
    pub fn unwritten(&self, n: usize, values: &[(&str, Option<&str>)]) -> Statement {
        let place = self.place(n);
        let mut binds = self.binds();
        let wrong: Vec<String> = values
            .iter()
            .map(|(column, value)| {
                let held = format!("t.{}", quote(column));
                match value {
                    None => format!("{held} is not null"),
                    Some(_) => {
                        let value = self.literal(&mut binds, place, column, *value);
                        let shape = place.column(column).shape;
                        self.dialect.differs(&held, shape, &value)
                    }
                }
            })
            .collect();
        let sql = format!(
            "select k.subject, count(*) from {} k join {} t on {} where k.kept = 0 and ({}) \
             group by k.subject",
            self.keys(n),
            table(&place.table.name),
            by_key(place, "t", "k"),
            wrong.join(" or "),
        );
        Statement {
            sql,
            params: binds.params,
        }
    }
}
