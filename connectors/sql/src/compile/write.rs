//! Statements that change the rows that were found. The session holds one subject.

use habeas_domain::data_map::ColumnTreatment;

use super::{Binds, Compiler, Statement, key_names, nulls, prefixed, table};
use crate::{layout::Place, quote};

impl Compiler<'_> {
    /// Empties pointers among the subject's rows that would block their deletion.
    pub fn loosen(&self, n: usize, columns: &[String]) -> String {
        let place = self.place(n);
        format!(
            "update {} as t set {} where {}",
            table(&place.table.name),
            nulls(columns),
            self.going(n)
        )
    }

    pub fn delete(&self, n: usize) -> String {
        let here = table(&self.place(n).table.name);
        format!("delete from {here} as t where {}", self.going(n))
    }

    fn going(&self, n: usize) -> String {
        let place = self.place(n);
        format!(
            "({}) in (select {} from {} k where k.kept = 0)",
            prefixed(place, "t"),
            key_names(place, "k."),
            self.keys(n)
        )
    }

    /// Overwrites columns of the rows that stay.
    pub fn write(&self, n: usize, values: &[(&str, Option<&str>)]) -> Statement {
        let place = self.place(n);
        let mut binds = self.binds();
        let sets: Vec<String> = values
            .iter()
            .map(|(column, value)| {
                let value = self.literal(&mut binds, place, column, *value);
                format!("{} = {value}", quote(column))
            })
            .collect();
        let sql = format!(
            "update {} as t set {} where {}",
            table(&place.table.name),
            sets.join(", "),
            self.going(n)
        );
        Statement {
            sql,
            params: binds.params,
        }
    }

    pub(super) fn literal(
        &self,
        binds: &mut Binds,
        place: &Place,
        column: &str,
        value: Option<&str>,
    ) -> String {
        match value {
            None => "null".to_owned(),
            Some(value) => {
                let param = binds.bind(value);
                self.dialect.typed(&param, &place.column(column).declared)
            }
        }
    }
}

/// The values that an erasure writes into rows that stay.
pub(crate) fn replacements(place: &Place) -> Vec<(&str, Option<&str>)> {
    place
        .spec
        .columns
        .iter()
        .filter_map(|(column, spec)| match &spec.erase {
            Some(ColumnTreatment::Null) => Some((column.as_str(), None)),
            Some(ColumnTreatment::Fixed(value)) => Some((column.as_str(), Some(value.as_str()))),
            Some(ColumnTreatment::Keep) | None => None,
        })
        .collect()
}

/// The values that an opt-out writes.
pub(crate) fn suppressions(place: &Place) -> Vec<(&str, Option<&str>)> {
    place
        .spec
        .suppress
        .iter()
        .map(|(column, value)| (column.as_str(), Some(value.as_str())))
        .collect()
}
