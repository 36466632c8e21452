//! Statements that change the rows that were found: those marked as going, whoever's they are.

use habeas_domain::data_map::ColumnTreatment;

use super::{
    ASIDE, Binds, Compiler, GOING, Statement, WAITING, by_key, key_columns, key_names, nulls, table,
};
use crate::{layout::Place, quote};

impl Compiler<'_> {
    /// Takes the rows of these subjects out of every treatment.
    pub fn set_aside(&self, n: usize, subjects: &[usize]) -> String {
        let numbers: Vec<String> = subjects.iter().map(usize::to_string).collect();
        format!(
            "update {} set kept = {ASIDE} where subject in ({})",
            self.keys(n),
            numbers.join(", ")
        )
    }

    pub fn mark_all(&self, n: usize, from: u8, to: u8) -> String {
        format!(
            "update {} set kept = {to} where kept = {from}",
            self.keys(n)
        )
    }

    /// Marks the next rows that wait as going; where rows point at each other, only those that no
    /// other row that waits points at.
    pub fn take_some(&self, n: usize, most: Option<u64>) -> String {
        let place = self.place(n);
        let marked = key_columns(place);
        let picked: Vec<String> = marked
            .iter()
            .enumerate()
            .map(|(i, column)| format!("k.{column} as k{i}"))
            .collect();
        let pointed_at = place.within().flat_map(|key| &key.on);
        let pointed_at: Vec<&String> = pointed_at.map(|(_, column)| column).collect();
        let (join, value) = self.reach(place, &pointed_at);
        let keys = self.keys(n);
        let leaf: Vec<String> = place
            .within()
            .map(|key| {
                let here = &place.table.name;
                let pairs = self.pointer(place, here, &key.on, "x", &*value);
                format!(
                    " and not exists (select 1 from {} x join {keys} m on {} where {pairs} \
                     and m.kept = {WAITING} and not ({}))",
                    table(here),
                    by_key(place, "x", "m"),
                    by_key(place, "x", "k"),
                )
            })
            .collect();
        let limit = most.map_or(String::new(), |most| {
            format!(" order by {} limit {most}", key_names(place, "k."))
        });
        let picked = format!(
            "select {} from {keys} k{join} where k.kept = {WAITING}{}{limit}",
            picked.join(", "),
            leaf.concat(),
        );
        self.dialect
            .update(&keys, &marked, &format!("kept = {GOING}"), &picked)
    }

    /// What was going is done.
    pub fn done(&self, n: usize) -> String {
        self.mark_all(n, GOING, ASIDE)
    }

    /// Empties pointers among the subjects' rows that would block their deletion.
    pub fn loosen(&self, n: usize, columns: &[String]) -> String {
        let place = self.place(n);
        let here = table(&place.table.name);
        self.dialect
            .update(&here, &place.spec.key, &nulls(columns), &self.going(n))
    }

    pub fn delete(&self, n: usize) -> String {
        let place = self.place(n);
        let here = table(&place.table.name);
        self.dialect.delete(&here, &place.spec.key, &self.going(n))
    }

    fn going(&self, n: usize) -> String {
        let keys: Vec<String> = (0..self.place(n).spec.key.len())
            .map(|i| format!("k.k{i} as k{i}"))
            .collect();
        format!(
            "select {} from {} k where k.kept = 0",
            keys.join(", "),
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
        let here = table(&place.table.name);
        Statement {
            sql: self
                .dialect
                .update(&here, &place.spec.key, &sets.join(", "), &self.going(n)),
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

/// The values that an erasure writes into rows that stay, the same for every row.
pub(crate) fn replacements(place: &Place) -> Vec<(&str, Option<&str>)> {
    place
        .spec
        .columns
        .iter()
        .filter_map(|(column, spec)| match &spec.erase {
            Some(ColumnTreatment::Null | ColumnTreatment::Detach) => Some((column.as_str(), None)),
            Some(ColumnTreatment::Fixed(value)) => Some((column.as_str(), Some(value.as_str()))),
            Some(
                ColumnTreatment::Random
                | ColumnTreatment::Pseudonymise
                | ColumnTreatment::Generalise(_)
                | ColumnTreatment::Keep,
            )
            | None => None,
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
