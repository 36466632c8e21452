//! Statements that read the rows that were found: how many, what they hold, what they lead to.

use super::{Compiler, Statement, by_key, key_names, table, text};
use crate::quote;

impl Compiler<'_> {
    /// Columns: subject, rows.
    pub fn count(&self, n: usize) -> String {
        format!(
            "select subject, count(*) from {} group by subject",
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

    /// Rows kept because others use them. Columns: mark, rows.
    pub fn count_kept(&self, n: usize) -> String {
        format!(
            "select kept, count(*) from {} where kept > 0 group by kept",
            self.keys(n)
        )
    }

    /// Values that lead on, distinct per subject. Columns: subject, value.
    pub fn further(&self, n: usize, column: &str) -> String {
        let place = self.place(n);
        let value = text(&format!("t.{}", quote(column)));
        format!(
            "select distinct k.subject, {value} from {} k join {} t on {} where {value} <> ''",
            self.keys(n),
            table(&place.table.name),
            by_key(place, "t", "k"),
        )
    }

    /// The mapped columns of one subject's rows (parameter: subject); what is withheld is not even
    /// read.
    pub fn export(&self, n: usize) -> String {
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
        format!(
            "select {} from {} k join {} t on {} where k.subject = cast({} as integer) order by {}",
            columns.join(", "),
            self.keys(n),
            table(&place.table.name),
            by_key(place, "t", "k"),
            self.dialect.param(1),
            key_names(place, "k."),
        )
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
