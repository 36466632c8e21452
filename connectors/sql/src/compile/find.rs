//! Temporary tables and the statements that fill them: from identifiers to keys of rows.

use habeas_domain::data_map::{Compare, Identity};

use super::{Compiler, Pair, Statement, equal, key_names, keyed, table, text};
use crate::{
    layout::{Owner, Place},
    quote,
};

impl<'a> Compiler<'a> {
    /// Temporary tables, made before the transaction: a read-only one could not make them.
    pub fn create(&self) -> Vec<String> {
        let index = |table: &str, columns: &str| {
            let name = format!("{table}_by_{}", columns.replace(", ", "_"));
            self.dialect.temp_index(&name, table, columns)
        };
        let mut all = vec![
            // `folded` is the value as it is compared where case is ignored, made once.
            "create temporary table habeas_subject (subject integer not null, kind text not null, \
             value text not null, folded text not null, proven integer not null)"
                .to_owned(),
        ];
        for columns in ["subject, kind", "kind, value", "kind, folded"] {
            all.push(index("habeas_subject", columns));
        }
        for (n, place) in self.layout.places.iter().enumerate() {
            let keys = format!("habeas_key_{n}");
            all.push(format!(
                "create temporary table {keys} as select cast(0 as integer) as subject, \
                 cast(0 as integer) as kept, {} from {} t where 1 = 0",
                keyed(place),
                table(&place.table.name),
            ));
            let names = key_names(place, "");
            all.push(index(&keys, &format!("subject, {names}")));
            all.push(index(&keys, &format!("{names}, subject")));
        }
        all
    }

    pub fn clear(&self) -> Vec<String> {
        let keys = (0..self.layout.places.len()).map(|n| self.keys(n));
        std::iter::once(self.subjects())
            .chain(keys)
            .map(|table| format!("delete from {table}"))
            .collect()
    }

    /// Takes four parameters for each identifier: subject, kind, value, proven.
    pub fn add_subjects(&self, count: usize) -> String {
        let param = |n: usize| self.dialect.param(n);
        let rows: Vec<String> = (0..count)
            .map(|i| {
                let value = param(4 * i + 3);
                format!(
                    "(cast({} as integer), {}, {value}, {}, cast({} as integer))",
                    param(4 * i + 1),
                    param(4 * i + 2),
                    self.dialect.fold(&value),
                    param(4 * i + 4)
                )
            })
            .collect();
        let table = self.subjects();
        format!(
            "insert into {table} (subject, kind, value, folded, proven) values {}",
            rows.join(", ")
        )
    }

    /// True when the column of row `t` matches the identifier of this alias.
    fn matches(&self, place: &Place, column: &str, identity: &Identity, alias: &str) -> String {
        let live = place.column(column);
        let column = format!("t.{}", quote(column));
        match identity.compare {
            Compare::Exact => {
                let value = format!("{alias}.value");
                self.dialect.equals(&column, live.shape, &value)
            }
            Compare::IgnoreCase => {
                format!("{} = {alias}.folded", self.dialect.fold(&text(&column)))
            }
        }
    }

    /// Identifiers that only follow from others, and that lead to a row which no proven one leads
    /// to and which carries an unknown value of a proven kind: it is somebody else's. Columns:
    /// subject, kind, value, rows.
    ///
    /// Only where a person's row belongs to nobody else does it say who the person is.
    pub fn conflicts(&self, n: usize) -> Vec<Statement> {
        let place = self.place(n);
        if !place.owners.is_empty() {
            return Vec::new();
        }
        let subjects = self.subjects();
        let statement = |(column, identity): (&str, &Identity)| {
            let mut binds = self.binds();
            let kind = binds.bind(identity.kind.as_str());
            let leads = self.matches(place, column, identity, "s");
            let mut proven = Vec::new();
            let mut strange = Vec::new();
            for (other, identity) in identities(place) {
                let kind = binds.bind(identity.kind.as_str());
                let held = text(&format!("t.{}", quote(other)));
                let equal = self.matches(place, other, identity, "p");
                let known = format!(
                    "select 1 from {subjects} p where p.subject = s.subject and p.kind = {kind}"
                );
                proven.push(format!("exists ({known} and p.proven = 1 and {equal})"));
                strange.push(format!(
                    "({held} <> '' and exists ({known} and p.proven = 1) \
                     and not exists ({known} and {equal}))"
                ));
            }
            let sql = format!(
                "select s.subject, s.kind, s.value, count(*) from {subjects} s join {} t on {leads} \
                 where s.proven = 0 and s.kind = {kind} and not ({}) and ({}) \
                 group by s.subject, s.kind, s.value",
                table(&place.table.name),
                proven.join(" or "),
                strange.join(" or "),
            );
            Statement {
                sql,
                params: binds.params,
            }
        };
        identities(place).map(statement).collect()
    }

    /// Parameters: subject, kind, value.
    pub fn forget(&self) -> String {
        let param = |n| self.dialect.param(n);
        format!(
            "delete from {} where subject = cast({} as integer) and kind = {} and value = {} and proven = 0",
            self.subjects(),
            param(1),
            param(2),
            param(3)
        )
    }

    /// Fills the keys of a collection, once those of its owners are filled.
    pub fn seek(&self, n: usize) -> Statement {
        let place = self.place(n);
        let mut binds = self.binds();
        let keys = keyed(place);
        let here = table(&place.table.name);
        let mut arms: Vec<String> = identities(place)
            .map(|(column, identity)| {
                let kind = binds.bind(identity.kind.as_str());
                let leads = self.matches(place, column, identity, "s");
                format!(
                    "select s.subject as subject, {keys} from {} s join {here} t on {leads} \
                     where s.kind = {kind}",
                    self.subjects()
                )
            })
            .collect();
        arms.extend(place.owners.iter().map(|owner| {
            let (join, on) = self.owned(place, owner);
            format!(
                "select k.subject as subject, {keys} from {} k{join} join {here} t on {on}",
                self.keys(owner.at)
            )
        }));
        let sql = format!(
            "insert into {} (subject, kept, {}) select distinct f.subject, 0, {} from ({}) f",
            self.keys(n),
            key_names(place, ""),
            key_names(place, "f."),
            arms.join(" union "),
        );
        Statement {
            sql,
            params: binds.params,
        }
    }

    /// How a row `t` hangs on its owner: the join that reads the owner's row where its key alone
    /// does not do, and the condition.
    fn owned(&self, place: &Place, owner: &Owner) -> (String, String) {
        let there = self.place(owner.at);
        let columns: Vec<&String> = owner.on.iter().map(|(_, column)| column).collect();
        let (join, value) = self.reach(there, &columns);
        let shapes =
            |ours: &str, theirs: &str| (place.column(ours).shape, there.column(theirs).shape);
        let pairs: Vec<Pair> = owner
            .on
            .iter()
            .map(|(ours, theirs)| Pair {
                left: format!("t.{}", quote(ours)),
                right: value(theirs),
                shapes: shapes(ours, theirs),
            })
            .collect();
        (join, equal(&pairs))
    }

    pub fn analyze_subjects(&self) -> String {
        self.dialect.analyze(&self.subjects())
    }

    pub fn analyze(&self, n: usize) -> String {
        self.dialect.analyze(&self.keys(n))
    }
}

fn identities(place: &Place) -> impl Iterator<Item = (&str, &Identity)> {
    place
        .spec
        .columns
        .iter()
        .filter_map(|(name, column)| Some((name.as_str(), column.identity.as_ref()?)))
}
