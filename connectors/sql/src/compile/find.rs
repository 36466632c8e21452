//! Temporary tables and the statements that fill them: from identifiers to keys of rows.

use habeas_domain::data_map::{ColumnTreatment, Compare, Identity};

use super::{
    Binds, Compiler, Pair, Statement, by_key, equal, key_columns, key_names, picked, scope, table,
};
use crate::{
    Shape,
    layout::{Owner, Place},
    quote,
    treat::{PSEUDONYM, PSEUDONYM_LENGTH},
};

impl<'a> Compiler<'a> {
    /// Temporary tables, made before the transaction: a read-only one could not make them.
    pub fn create(&self) -> Vec<String> {
        let index = |table: &str, columns: &str| {
            let name = format!("{table}_by_{}", columns.replace(", ", "_"));
            self.dialect.temp_index(&name, table, columns)
        };
        let text = self.dialect.temp_text();
        let zero = self.dialect.integer("'0'");
        // `folded` is the value as it is compared where case is ignored, made once.
        let mut all = vec![format!(
            "create temporary table habeas_subject (subject integer not null, kind {text} not null, \
             value {text} not null, folded {text} not null, proven integer not null)"
        )];
        for columns in ["subject, kind", "kind, value", "kind, folded"] {
            all.extend(index("habeas_subject", columns));
        }
        for (n, place) in self.layout.places.iter().enumerate() {
            let keys = format!("habeas_key_{n}");
            all.push(format!(
                "create temporary table {keys} as select {zero} as subject, {zero} as kept, {} \
                 from {} t where 1 = 0",
                picked(place, "t"),
                table(&place.table.name),
            ));
            let names = key_names(place, "");
            all.extend(index(&keys, &format!("subject, {names}")));
            all.extend(index(&keys, &format!("{names}, subject")));
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
                    "({}, {}, {value}, {}, {})",
                    self.dialect.integer(&param(4 * i + 1)),
                    param(4 * i + 2),
                    self.dialect.fold(&value),
                    self.dialect.integer(&param(4 * i + 4))
                )
            })
            .collect();
        let table = self.subjects();
        format!(
            "insert into {table} (subject, kind, value, folded, proven) values {}",
            rows.join(", ")
        )
    }

    /// True when the identity column of row `t` matches the identifier of this alias.
    fn matches(&self, place: &Place, found: &Identified, alias: &str) -> String {
        let value = format!("{alias}.value");
        let column = format!("t.{}", quote(found.column));
        match (found.identity.compare, found.path.is_empty()) {
            (Compare::Exact, true) => {
                let shape = place.column(found.column).shape;
                self.dialect.equals(&column, shape, &value)
            }
            (Compare::Exact, false) => {
                let held = self.dialect.json_text(&column, &found.path);
                self.dialect.equals(&held, Shape::Text, &value)
            }
            (Compare::IgnoreCase, _) => {
                let held = self.dialect.fold(&self.held(found));
                format!("{held} = {alias}.folded")
            }
        }
    }

    /// What row `t` holds in an identity column, as text.
    pub(super) fn held(&self, found: &Identified) -> String {
        let column = format!("t.{}", quote(found.column));
        if found.path.is_empty() {
            self.dialect.text(&column)
        } else {
            self.dialect.json_text(&column, &found.path)
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
        let statement = |leading: Identified| {
            let mut binds = self.binds();
            let kind = binds.bind(leading.identity.kind.as_str());
            let leads = self.matches(place, &leading, "s");
            let mut proven = Vec::new();
            let mut strange = Vec::new();
            for other in Identified::all(place) {
                let kind = binds.bind(other.identity.kind.as_str());
                let held = self.held(&other);
                let equal = self.matches(place, &other, "p");
                let known = format!(
                    "select 1 from {subjects} p where p.subject = s.subject and p.kind = {kind}"
                );
                proven.push(format!("exists ({known} and p.proven = 1 and {equal})"));
                let left = left_by_an_erasure(place, &other, &held, &mut binds);
                strange.push(format!(
                    "({held} <> ''{left} and exists ({known} and p.proven = 1) \
                     and not exists ({known} and {equal}))"
                ));
            }
            let scope = scope(self.dialect, &mut binds, place, "t");
            let sql = format!(
                "select s.subject, s.kind, s.value, count(*) from {subjects} s join {} t on {leads} \
                 where s.proven = 0 and s.kind = {kind}{scope} and not ({}) and ({}) \
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
        Identified::all(place).map(statement).collect()
    }

    /// Parameters: subject, kind, value.
    pub fn forget(&self) -> String {
        let param = |n| self.dialect.param(n);
        format!(
            "delete from {} where subject = {} and kind = {} and value = {} and proven = 0",
            self.subjects(),
            self.dialect.integer(&param(1)),
            param(2),
            param(3)
        )
    }

    /// Fills the keys of a collection, once those of its owners are filled.
    pub fn seek(&self, n: usize) -> Statement {
        let place = self.place(n);
        let mut binds = self.binds();
        let keys = picked(place, "t");
        let found: Vec<Identified> = Identified::all(place).collect();
        let leads = found.iter().map(Lead::By);
        let arms: Vec<String> = leads
            .chain(place.owners.iter().map(Lead::From))
            .map(|lead| {
                let (subject, from) = self.lead(place, &lead, &mut binds);
                let scope = scope(self.dialect, &mut binds, place, "t");
                format!("select {subject} as subject, {keys} from {from}{scope}")
            })
            .collect();
        let sql = format!(
            "insert into {} (subject, kept, {}) select distinct f.subject, 0, {} from ({}) f",
            self.keys(n),
            key_names(place, ""),
            key_names(place, "f."),
            arms.join(" union all "),
        );
        Statement {
            sql,
            params: binds.params,
        }
    }

    /// Marks rows to which nothing leads but rows that stay for another person's sake: they stay
    /// with those.
    pub fn inherit(&self, n: usize) -> Option<Statement> {
        let place = self.place(n);
        let mut owners = place.owners.iter();
        if !owners.any(|owner| self.place(owner.at).is_shared) {
            return None;
        }
        let mut binds = self.binds();
        let found: Vec<Identified> = Identified::all(place).collect();
        let leads = found.iter().map(Lead::By);
        let arms: Vec<String> = leads
            .chain(place.owners.iter().map(Lead::From))
            .map(|lead| {
                let (subject, from) = self.lead(place, &lead, &mut binds);
                let free = match lead {
                    Lead::By(_) => "",
                    Lead::From(_) => " and k.kept = 0",
                };
                format!(
                    "exists (select 1 from {from}{free} and {subject} = h.subject and {})",
                    by_key(place, "t", "h")
                )
            })
            .collect();
        let marked = key_columns(place);
        let picked: Vec<String> = marked
            .iter()
            .enumerate()
            .map(|(i, column)| format!("h.{column} as k{i}"))
            .collect();
        let keys = self.keys(n);
        let picked = format!(
            "select {} from {keys} h where h.kept = 0 and not ({})",
            picked.join(", "),
            arms.join(" or ")
        );
        Some(Statement {
            sql: self.dialect.update(&keys, &marked, "kept = 1", &picked),
            params: binds.params,
        })
    }

    /// The rows `t` that something leads to: who the subject is, and the joined tables with their
    /// condition.
    pub(super) fn lead(
        &self,
        place: &Place,
        lead: &Lead,
        binds: &mut Binds,
    ) -> (&'static str, String) {
        let here = table(&place.table.name);
        match lead {
            Lead::By(found) => {
                let leads = self.matches(place, found, "s");
                let kind = binds.bind(found.identity.kind.as_str());
                let subjects = self.subjects();
                let from = format!("{subjects} s join {here} t on {leads} where s.kind = {kind}");
                ("s.subject", from)
            }
            Lead::From(owner) => {
                let (join, on) = self.owned(place, owner);
                let keys = self.keys(owner.at);
                let from = format!("{keys} k{join} join {here} t on {on} where 1 = 1");
                ("k.subject", from)
            }
        }
    }

    /// How many rows something leads to, by the map's `where` or before it.
    pub fn led(&self, n: usize, lead: &Lead, filtered: bool) -> Statement {
        let place = self.place(n);
        let mut binds = self.binds();
        let (_, from) = self.lead(place, lead, &mut binds);
        let scope = match filtered {
            true => scope(self.dialect, &mut binds, place, "t"),
            false => String::new(),
        };
        Statement {
            sql: format!(
                "select count(*) from (select distinct {} from {from}{scope}) f",
                picked(place, "t")
            ),
            params: binds.params,
        }
    }

    /// As `led`, as if the map said to ignore case.
    pub fn led_whatever_case(&self, n: usize, found: &Identified) -> Statement {
        let identity = Identity {
            compare: Compare::IgnoreCase,
            ..found.identity.clone()
        };
        let loose = Identified {
            column: found.column,
            path: found.path.clone(),
            identity: &identity,
        };
        self.led(n, &Lead::By(&loose), true)
    }

    /// Rows that hold anything by which a person could be found.
    pub fn count_filled(&self, n: usize, found: &Identified) -> String {
        let place = self.place(n);
        format!(
            "select count(*) from {} t where {} <> ''",
            table(&place.table.name),
            self.held(found)
        )
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
        (join, equal(self.dialect, &pairs))
    }

    pub fn analyze_subjects(&self) -> String {
        self.dialect.analyze(&self.subjects())
    }

    pub fn analyze(&self, n: usize) -> String {
        self.dialect.analyze(&self.keys(n))
    }
}

/// What leads to a row.
pub(crate) enum Lead<'a> {
    By(&'a Identified<'a>),
    From(&'a Owner),
}

/// What an earlier erasure wrote names nobody else.
fn left_by_an_erasure(place: &Place, found: &Identified, held: &str, binds: &mut Binds) -> String {
    let spec = &place.spec.columns[found.column];
    match &spec.erase {
        Some(ColumnTreatment::Fixed(value)) => format!(" and {held} <> {}", binds.bind(value)),
        Some(ColumnTreatment::Pseudonymise) => format!(
            " and not (length({held}) = {PSEUDONYM_LENGTH} and {held} like '{}%' escape '!')",
            PSEUDONYM.replace('_', "!_")
        ),
        Some(
            ColumnTreatment::Null
            | ColumnTreatment::Random
            | ColumnTreatment::Generalise(_)
            | ColumnTreatment::Detach
            | ColumnTreatment::Keep,
        )
        | None => String::new(),
    }
}

/// A column, or a part of a JSON column, by which a person is found.
pub(crate) struct Identified<'a> {
    pub column: &'a str,
    /// Names on the way inside a JSON value; empty for the column itself.
    pub path: Vec<&'a str>,
    pub identity: &'a Identity,
}

impl<'a> Identified<'a> {
    pub fn all(place: &'a Place) -> impl Iterator<Item = Identified<'a>> {
        place.spec.columns.iter().flat_map(|(column, spec)| {
            let whole = spec.identity.iter().map(|identity| Identified {
                column,
                path: Vec::new(),
                identity,
            });
            let parts = spec.fields.iter().filter_map(|(path, field)| {
                Some(Identified {
                    column,
                    path: path.split('.').collect(),
                    identity: field.identity.as_ref()?,
                })
            });
            whole.chain(parts)
        })
    }
}
