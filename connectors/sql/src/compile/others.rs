//! Rows of others: who uses the same row, and who points at one that is about to go.

use super::{
    Binds, Compiler, Pair, Statement, by_key, equal, key_columns, nulls, picked, prefixed, scope,
    table,
};
use crate::{
    TableName,
    layout::{Place, Pointing, User, lets_go_any},
    quote,
};

impl Compiler<'_> {
    /// Marks rows that others use: 1 for another person's row, 2 for a row of the subject that
    /// stays.
    pub fn share(&self, n: usize) -> Vec<String> {
        let place = self.place(n);
        let keys = self.keys(n);
        let mark = |mark: u8, user: &User, own: &str| {
            let pairs = self.pointer(place, &user.table, &user.on, "x", &|c| {
                format!("t.{}", quote(c))
            });
            let marked = key_columns(place);
            let picked = format!(
                "select k.subject as k0, {} from {keys} k join {} t on {} join {} x on {pairs} \
                 where k.kept = 0 and ({own})",
                marked[1..]
                    .iter()
                    .enumerate()
                    .map(|(i, column)| format!("k.{column} as k{}", i + 1))
                    .collect::<Vec<_>>()
                    .join(", "),
                table(&place.table.name),
                by_key(place, "t", "k"),
                table(&user.table),
            );
            self.dialect
                .update(&keys, &marked, &format!("kept = {mark}"), &picked)
        };
        let others = place.users.iter().map(|user| {
            mark(
                1,
                user,
                &format!("not ({})", self.is_own(&user.collections)),
            )
        });
        let stays = place.users.iter().filter(|user| user.stays).map(|user| {
            let goes = self.is_let_go(&user.collections, &user.on);
            mark(2, user, &format!("not ({goes})"))
        });
        others.chain(stays).collect()
    }

    /// True when row `x` belongs to the same subject as key `k`.
    fn is_own(&self, collections: &[usize]) -> String {
        let arms = collections.iter().map(|n| self.is_among(*n, ""));
        either(arms.collect())
    }

    /// True when row `x` belongs to the same subject as key `k`, and the erasure deletes it or
    /// empties the columns by which it points.
    fn is_let_go(&self, collections: &[usize], on: &[(String, String)]) -> String {
        let going = collections
            .iter()
            .filter(|n| lets_go_any(&self.place(**n).spec, on));
        either(
            going
                .map(|n| self.is_among(*n, " and m.kept = 0"))
                .collect(),
        )
    }

    fn is_among(&self, n: usize, and: &str) -> String {
        format!(
            "exists (select 1 from {} m where m.subject = k.subject and {}{and})",
            self.keys(n),
            by_key(self.place(n), "x", "m")
        )
    }

    pub(super) fn pointer(
        &self,
        place: &Place,
        from: &TableName,
        on: &[(String, String)],
        alias: &str,
        value: &dyn Fn(&str) -> String,
    ) -> String {
        // An unmapped table's shapes are not known here; a foreign key's types agree.
        let shape = |column: &str| {
            self.layout
                .places
                .iter()
                .find(|place| place.table.name == *from)
                .and_then(|place| place.table.column(column))
                .map(|column| column.shape)
        };
        let pairs: Vec<Pair> = on
            .iter()
            .map(|(theirs, ours)| {
                let own = place.column(ours).shape;
                Pair {
                    left: format!("{alias}.{}", quote(theirs)),
                    right: value(ours),
                    shapes: (shape(theirs).unwrap_or(own), own),
                }
            })
            .collect();
        equal(self.dialect, &pairs)
    }

    /// Rows that stay and point at rows of the subject that go. Columns: subject, rows.
    pub fn dependents(&self, n: usize, pointing: &Pointing) -> Statement {
        self.count_dependents(n, pointing, "")
    }

    /// Those of them that are the subject's own.
    pub fn own_dependents(&self, n: usize, pointing: &Pointing) -> Statement {
        let own = format!(" and ({})", self.is_own(&pointing.collections));
        self.count_dependents(n, pointing, &own)
    }

    fn count_dependents(&self, n: usize, pointing: &Pointing, and: &str) -> Statement {
        let mut binds = self.binds();
        let (from, on) = self.dependent_rows(n, pointing, &mut binds);
        let on = on + and;
        let sql = match pointing.collections.first() {
            // A row that points at two of the subject's rows is still one row.
            Some(first) => {
                let keys = prefixed(self.place(*first), "x");
                format!(
                    "select d.subject, count(*) from (select distinct k.subject as subject, {keys} \
                     from {from} where {on}) d group by d.subject"
                )
            }
            None => format!("select k.subject, count(*) from {from} where {on} group by k.subject"),
        };
        Statement {
            sql,
            params: binds.params,
        }
    }

    fn dependent_rows(&self, n: usize, pointing: &Pointing, binds: &mut Binds) -> (String, String) {
        let place = self.place(n);
        let columns: Vec<&String> = pointing.on.iter().map(|(_, column)| column).collect();
        let (join, value) = self.reach(place, &columns);
        let pairs = self.pointer(place, &pointing.table, &pointing.on, "x", &*value);
        let goes = self.is_let_go(&pointing.collections, &pointing.on);
        let mut terms = match pointing.declared {
            Some(by) => scope(self.dialect, binds, self.place(by), "x"),
            None => String::new(),
        };
        for by in &pointing.except {
            // A `where` on a null is neither true nor false.
            let within = scope(self.dialect, binds, self.place(*by), "x");
            terms += &format!(" and case when 1 = 1{within} then 1 else 0 end = 0");
        }
        (
            format!(
                "{} k{join} join {} x on {pairs}",
                self.keys(n),
                table(&pointing.table)
            ),
            format!("k.kept = 0{terms} and not ({goes})"),
        )
    }

    /// Subjects whose rows are pointed at or used by rows of an earlier subject of the batch: what
    /// becomes of theirs depends on what becomes of those.
    pub fn hangs_on_earlier(&self, n: usize) -> Vec<String> {
        self.hanging(n, "k", "m.subject < k.subject")
    }

    /// Subjects whose rows point at or use rows of these, who come earlier in the batch.
    pub fn leans_on(&self, n: usize, subjects: &[usize]) -> Vec<String> {
        let numbers: Vec<String> = subjects.iter().map(usize::to_string).collect();
        let of_these = format!("k.subject in ({})", numbers.join(", "));
        self.hanging(n, "m", &format!("m.subject > k.subject and {of_these}"))
    }

    /// Rows `m` that point at or use rows `k`, whoever's.
    fn hanging(&self, n: usize, picked: &str, condition: &str) -> Vec<String> {
        let place = self.place(n);
        let pointing = place
            .pointing
            .iter()
            .map(|p| (&p.table, &p.on, &p.collections));
        let users = place
            .users
            .iter()
            .map(|u| (&u.table, &u.on, &u.collections));
        pointing
            .chain(users)
            .flat_map(|(from, on, collections)| {
                collections.iter().map(move |at| {
                    let columns: Vec<&String> = on.iter().map(|(_, column)| column).collect();
                    let (join, value) = self.reach(place, &columns);
                    let pairs = self.pointer(place, from, on, "x", &*value);
                    format!(
                        "select distinct {picked}.subject from {} k{join} join {} x on {pairs} \
                         join {} m on {} and {condition}",
                        self.keys(n),
                        table(from),
                        self.keys(*at),
                        by_key(self.place(*at), "x", "m"),
                    )
                })
            })
            .collect()
    }

    /// Empties the pointers of others.
    pub fn detach(&self, n: usize, pointing: &Pointing) -> Option<Statement> {
        let pointer = self.place(pointing.declared?);
        let mut binds = self.binds();
        let (from, on) = self.dependent_rows(n, pointing, &mut binds);
        let rows = format!("select {} from {from} where {on}", picked(pointer, "x"));
        let target = table(&pointing.table);
        Some(Statement {
            sql: self
                .dialect
                .update(&target, &pointer.spec.key, &nulls(&pointing.detach), &rows),
            params: binds.params,
        })
    }
}

fn either(arms: Vec<String>) -> String {
    match arms.is_empty() {
        true => "1 = 0".to_owned(),
        false => arms.join(" or "),
    }
}
