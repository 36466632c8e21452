//! A condition of the store asked about rows as an erasure would leave them.

use super::{Compiler, Statement, table};
use crate::quote;

/// Rows looked at: a rule that holds for these and not for all is found by the erasure itself.
const ROWS: usize = 1_000;

pub(crate) struct Trial<'a> {
    pub place: usize,
    /// What the condition speaks of.
    pub columns: &'a [String],
    pub condition: &'a str,
    /// What an erasure writes, by column.
    pub values: &'a [(String, Option<String>)],
}

impl Compiler<'_> {
    /// How many rows would break the condition: one made of the values alone, and some of the
    /// table's own.
    pub fn trial(&self, trial: &Trial) -> Statement {
        let place = self.place(trial.place);
        let mut binds = self.binds();
        let written: Vec<Option<String>> = trial
            .columns
            .iter()
            .map(|column| {
                let (_, value) = trial.values.iter().find(|(name, _)| name == column)?;
                Some(match value {
                    Some(value) => {
                        let param = binds.bind(value);
                        self.dialect.typed(&param, &place.column(column).declared)
                    }
                    None => self.dialect.typed("null", &place.column(column).declared),
                })
            })
            .collect();
        let select = |own: bool| -> String {
            let columns: Vec<String> = trial
                .columns
                .iter()
                .zip(&written)
                .map(|(column, written)| {
                    let name = quote(column);
                    match written {
                        Some(value) => format!("{value} as {name}"),
                        None if own => format!("t.{name} as {name}"),
                        None => format!(
                            "{} as {name}",
                            self.dialect.typed("null", &place.column(column).declared)
                        ),
                    }
                })
                .collect();
            columns.join(", ")
        };
        let here = table(&place.table.name);
        Statement {
            sql: format!(
                "select count(*) from (select {} union all select * from (select {} from {here} t \
                 limit {ROWS}) r) x where not ({})",
                select(false),
                select(true),
                trial.condition
            ),
            params: binds.params,
        }
    }
}
