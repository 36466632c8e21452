//! Statements around values that are treated one by one: read, put aside, written back.

use super::{Compiler, by_key, key_names, picked, table};
use crate::quote;

impl Compiler<'_> {
    fn values(&self, n: usize) -> String {
        self.dialect.temp(&format!("habeas_value_{n}"))
    }

    /// A temporary table of keys and new values, of the types that the columns have.
    pub fn create_values(&self, n: usize, columns: &[&str]) -> Vec<String> {
        let place = self.place(n);
        let name = format!("habeas_value_{n}");
        let new: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(i, column)| format!("t.{} as v{i}", quote(column)))
            .collect();
        let create = vec![
            self.drop_values(n),
            format!(
                "create temporary table {name} as select {}, {} from {} t where 1 = 0",
                picked(place, "t"),
                new.join(", "),
                table(&place.table.name),
            ),
        ];
        let index = format!("{name}_by_key");
        let index = self
            .dialect
            .temp_index(&index, &name, &key_names(place, ""));
        create.into_iter().chain(index).collect()
    }

    pub fn drop_values(&self, n: usize) -> String {
        self.dialect.drop_temp(&format!("habeas_value_{n}"))
    }

    /// Subject, key and old values of the rows that are going, as text; a page of so many rows
    /// after so many others.
    pub fn read_values(&self, n: usize, columns: &[&str], page: Option<(usize, usize)>) -> String {
        let place = self.place(n);
        let keys = place.spec.key.iter().enumerate().map(|(i, _)| {
            let key = format!("k.k{i}");
            self.dialect.text(&key)
        });
        let values = columns.iter().map(|column| {
            let shape = place.column(column).shape;
            let held = format!("t.{}", quote(column));
            self.dialect.text(&self.dialect.export(&held, shape))
        });
        let read: Vec<String> = keys.chain(values).collect();
        let page = match page {
            Some((rows, skip)) => format!(
                " order by {} limit {rows} offset {skip}",
                key_names(place, "k.")
            ),
            None => String::new(),
        };
        format!(
            "select k.subject, {} from {} k join {} t on {} where k.kept = 0{page}",
            read.join(", "),
            self.keys(n),
            table(&place.table.name),
            by_key(place, "t", "k"),
        )
    }

    /// Takes a parameter for each key column and each value that is not null, row by row.
    pub fn add_values(&self, n: usize, columns: &[&str], nulls: &[Vec<bool>]) -> String {
        let place = self.place(n);
        let declared: Vec<&str> = columns
            .iter()
            .map(|column| place.column(column).declared.as_str())
            .collect();
        let mut next = 0;
        let mut param = |declared: &str| {
            next += 1;
            self.dialect.typed(&self.dialect.param(next), declared)
        };
        let rows: Vec<String> = nulls
            .iter()
            .map(|nulls| {
                let mut cells: Vec<String> = Vec::new();
                for key in &place.spec.key {
                    cells.push(param(&place.column(key).declared));
                }
                for (declared, null) in declared.iter().zip(nulls) {
                    cells.push(if *null {
                        "null".to_owned()
                    } else {
                        param(declared)
                    });
                }
                format!("({})", cells.join(", "))
            })
            .collect();
        format!("insert into {} values {}", self.values(n), rows.join(", "))
    }

    pub fn write_values(&self, n: usize, columns: &[&str]) -> String {
        let place = self.place(n);
        self.dialect.update_from(
            &table(&place.table.name),
            &place.spec.key,
            columns,
            &self.values(n),
        )
    }
}
