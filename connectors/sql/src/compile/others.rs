//! Rows of others: who uses the same row, and who points at one that is about to go.

use super::{Compiler, Pair, by_key, equal, nulls, prefixed, table};
use crate::{
    TableName,
    layout::{Place, Pointing, User},
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
            format!(
                "update {keys} as k set kept = {mark} where k.kept = 0 and exists (select 1 from {} t \
                 join {} x on {pairs} where {} and ({own}))",
                table(&place.table.name),
                table(&user.table),
                by_key(place, "t", "k"),
            )
        };
        let others = place.users.iter().map(|user| {
            mark(
                1,
                user,
                &format!("not ({})", self.is_own(&user.collections)),
            )
        });
        let stays = place
            .users
            .iter()
            .filter(|user| user.stays)
            .map(|user| mark(2, user, &self.is_own(&user.collections)));
        others.chain(stays).collect()
    }

    /// True when row `x` belongs to the same subject as key `k`.
    fn is_own(&self, collections: &[usize]) -> String {
        if collections.is_empty() {
            return "1 = 0".to_owned();
        }
        let arms: Vec<String> = collections
            .iter()
            .map(|n| {
                format!(
                    "exists (select 1 from {} m where m.subject = k.subject and {})",
                    self.keys(*n),
                    by_key(self.place(*n), "x", "m")
                )
            })
            .collect();
        arms.join(" or ")
    }

    fn pointer(
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
        equal(&pairs)
    }

    /// Rows of others that point at the subject's rows. Columns: subject, rows.
    pub fn dependents(&self, n: usize, pointing: &Pointing) -> String {
        let (from, on) = self.dependent_rows(n, pointing);
        match pointing.collections.first() {
            // A row that points at two of the subject's rows is still one row.
            Some(first) => {
                let keys = prefixed(self.place(*first), "x");
                format!(
                    "select d.subject, count(*) from (select distinct k.subject as subject, {keys} \
                     from {from} where {on}) d group by d.subject"
                )
            }
            None => format!("select k.subject, count(*) from {from} where {on} group by k.subject"),
        }
    }

    fn dependent_rows(&self, n: usize, pointing: &Pointing) -> (String, String) {
        let place = self.place(n);
        let columns: Vec<&String> = pointing.on.iter().map(|(_, column)| column).collect();
        let (join, value) = self.reach(place, &columns);
        let pairs = self.pointer(place, &pointing.table, &pointing.on, "x", &*value);
        (
            format!(
                "{} k{join} join {} x on {pairs}",
                self.keys(n),
                table(&pointing.table)
            ),
            format!(
                "k.kept = 0 and not ({})",
                self.is_own(&pointing.collections)
            ),
        )
    }

    /// Empties the pointers of others. The session holds one subject.
    pub fn detach(&self, n: usize, pointing: &Pointing) -> Option<String> {
        let pointer = self.place(*pointing.collections.first()?);
        let (from, on) = self.dependent_rows(n, pointing);
        let keys: Vec<String> = pointer
            .spec
            .key
            .iter()
            .map(|key| format!("x.{}", quote(key)))
            .collect();
        Some(format!(
            "update {} as t set {} where ({}) in (select {} from {from} where {on})",
            table(&pointing.table),
            nulls(&pointing.detach),
            prefixed(pointer, "t"),
            keys.join(", "),
        ))
    }
}
