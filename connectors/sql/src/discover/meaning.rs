//! What each column of a table holds: its name and type, its comment, its neighbours and, where
//! somebody looked, its values. Later evidence corrects earlier, and says so.

use indexmap::IndexMap;

use super::{
    categories::{self, Kind},
    inside::Part,
    likeness::{Impression, Likeness},
    sample::Sample,
    words,
};
use crate::{LiveColumn, Shape, Table, TableKind, TableName};

/// So many values without a single address are no accident.
const ENOUGH: usize = 5;
/// A longer comment explains something else as well.
const COMMENT_WORDS: usize = 12;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    pub category: Option<&'static str>,
    pub identity: Option<Kind>,
    /// Why, when the name alone does not say so.
    pub reason: Option<Reason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Comment,
    /// A plain `name` beside an address.
    Neighbours,
    /// A plain `title` of those who serve.
    Job,
    Values(Likeness),
    /// Named like an address, but no value is one.
    NoAddress,
    /// An address of somebody whom the row only mentions.
    SomebodyElse,
}

impl Reason {
    pub fn in_words(self) -> String {
        match self {
            Reason::Comment => "by its comment in the database".to_owned(),
            Reason::Neighbours => "a name, by the columns beside it".to_owned(),
            Reason::Job => "a job's title, in a table of those who serve".to_owned(),
            Reason::Values(likeness) => {
                format!(
                    "the values that were read look like {}",
                    likeness.in_words()
                )
            }
            Reason::NoAddress => "named like an e-mail address, but no value that was read is one \
                (hashed, encrypted?): nobody is looked for by it"
                .to_owned(),
            Reason::SomebodyElse => {
                "the address of somebody whom the row mentions: nobody is looked \
                for by it"
                    .to_owned()
            }
        }
    }
}

/// The category that a column of a table suggests, without a look at its values.
pub(crate) fn personal_category(table: &Table, column: &str) -> Option<&'static str> {
    of_table(table, &Sample::default()).get(column)?.category
}

pub(super) fn of_table(table: &Table, sample: &Sample) -> IndexMap<String, Meaning> {
    let mut meanings: IndexMap<String, Meaning> = table
        .columns
        .iter()
        .map(|column| {
            let seen = sample.of(&table.name, &column.name);
            (column.name.clone(), alone(column, seen))
        })
        .collect();
    let own_address = meanings.iter().any(|(name, meaning)| {
        meaning.identity == Some(Kind::Email) && !words::means_somebody_else(name)
    });
    for (name, meaning) in &mut meanings {
        // `manager_email` beside `email`. Alone it is the only way to find the row.
        if own_address && meaning.identity.is_some() && words::means_somebody_else(name) {
            meaning.identity = None;
            meaning.reason = Some(Reason::SomebodyElse);
        }
    }
    let mut mean = |name: &str, category, reason| {
        let mut columns = table.columns.iter();
        let plain =
            columns.find(|it| it.name.eq_ignore_ascii_case(name) && it.shape == Shape::Text);
        if let Some(meaning) = plain.and_then(|column| meanings.get_mut(&column.name))
            && meaning.category.is_none()
        {
            meaning.category = Some(category);
            meaning.reason = Some(reason);
        }
    };
    if own_address || is_of_people(table) {
        mean("name", categories::NAME, Reason::Neighbours);
    }
    if own_address && words::serves(&table.name.name) {
        mean("title", categories::JOB, Reason::Job);
    }
    meanings
}

/// What the parts of a table's JSON columns hold. An object is looked at as a table would be, its
/// parts as columns beside each other.
pub(super) fn of_parts(table: &Table, sample: &Sample) -> IndexMap<String, Vec<(Part, Meaning)>> {
    let columns = table.columns.iter().filter_map(|column| {
        let inside = sample.inside(&table.name, &column.name)?;
        let parts = inside.parts.iter().map(|part| {
            let beside = inside
                .parts
                .iter()
                .filter(|other| other.around() == part.around());
            let object = part.object().unwrap_or(&column.name);
            (part.clone(), of_part(object, part, beside))
        });
        Some((column.name.clone(), parts.collect()))
    });
    columns.collect()
}

fn of_part<'a>(object: &str, part: &Part, beside: impl Iterator<Item = &'a Part>) -> Meaning {
    let mut table = Table::new(TableName::new("", object), TableKind::Table);
    let mut sample = Sample::default();
    for other in beside {
        let name = other.name().unwrap_or(object);
        let column = LiveColumn::new(name, "json", other.shape, true);
        table.columns.push(column);
        sample.add(&table.name, name, other.impression);
    }
    let name = part.name().unwrap_or(object);
    let alone = of_table(&table, &sample).get(name).copied();
    let found = alone.unwrap_or_default();
    if found.category.is_some() || part.name().is_none() {
        return found;
    }
    // `line1` of an `address`.
    let category = categories::category(&format!("{object}_{name}"), part.shape);
    Meaning { category, ..found }
}

fn is_of_people(table: &Table) -> bool {
    let people = [
        "attendee",
        "author",
        "client",
        "contact",
        "customer",
        "donor",
        "employee",
        "guest",
        "lead",
        "learner",
        "member",
        "owner",
        "passenger",
        "patient",
        "payee",
        "person",
        "player",
        "staff",
        "student",
        "subscriber",
        "teacher",
        "tenant",
        "user",
        "visitor",
        "volunteer",
    ];
    words::of_table(&table.name.name)
        .last()
        .is_some_and(|word| people.contains(&word.as_str()))
}

fn alone(column: &LiveColumn, seen: Impression) -> Meaning {
    if words::is_bookkeeping(&column.name) {
        return Meaning::default();
    }
    let by_name = categories::category(&column.name, column.shape);
    let of = |category: &'static str, reason| Meaning {
        category: Some(category),
        identity: categories::identity(category, &column.name),
        reason,
    };
    if let Some(likeness) = seen
        .likeness
        .filter(|likeness| believed(*likeness, by_name))
    {
        let category = likeness.category();
        return Meaning {
            identity: match likeness {
                Likeness::Email => Some(Kind::Email),
                Likeness::Phone => Some(Kind::Phone),
                Likeness::BankAccount
                | Likeness::PaymentCard
                | Likeness::IpAddress
                | Likeness::BirthDate
                | Likeness::NationalId => None,
            },
            ..of(
                category,
                (by_name != Some(category)).then_some(Reason::Values(likeness)),
            )
        };
    }
    match by_name {
        Some(category @ categories::EMAIL) if seen.values >= ENOUGH && seen.no_email => Meaning {
            identity: None,
            ..of(category, Some(Reason::NoAddress))
        },
        Some(categories::IP) if seen.values >= ENOUGH && seen.no_ip => Meaning::default(),
        Some(category) => of(category, None),
        None => match column
            .comment
            .as_deref()
            .and_then(|text| by_comment(text, column.shape))
        {
            Some(category) => of(category, Some(Reason::Comment)),
            None => Meaning::default(),
        },
    }
}

/// What the values look like counts for more than the name, unless the name is more exact.
fn believed(likeness: Likeness, by_name: Option<&'static str>) -> bool {
    let Some(by_name) = by_name else { return true };
    if by_name == likeness.category() {
        return true;
    }
    match likeness {
        Likeness::Email | Likeness::BankAccount => !categories::is_secret(by_name),
        Likeness::Phone | Likeness::PaymentCard | Likeness::IpAddress => {
            categories::is_free_text(by_name) || by_name == categories::EMAIL
        }
        Likeness::NationalId => categories::is_free_text(by_name) || by_name == categories::PHONE,
        // A date of hire says what it is.
        Likeness::BirthDate => false,
    }
}

/// A category written into the comment, or words that can hardly mean anything else.
fn by_comment(comment: &str, shape: Shape) -> Option<&'static str> {
    let exact = comment
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_'))
        .find_map(categories::known);
    if exact.is_some() {
        return exact;
    }
    let words = words::split(comment);
    if words.len() > COMMENT_WORDS {
        return None;
    }
    let said = |word: &str| words.iter().any(|w| w == word);
    let guess = categories::category(comment, shape).filter(|guess| categories::is_telling(guess));
    let marked = said("pii") || said("personal") && said("data");
    guess.or(marked.then_some("user"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TableKind, TableName};

    fn table(name: &str, columns: &[(&str, &str)]) -> Table {
        let columns = columns.iter().map(|(name, comment)| LiveColumn {
            comment: (!comment.is_empty()).then(|| (*comment).to_owned()),
            ..LiveColumn::new(name, "text", Shape::Text, true)
        });
        Table {
            columns: columns.collect(),
            ..Table::new(TableName::new("main", name), TableKind::Table)
        }
    }

    fn meaning(table: &Table, column: &str, values: &[&str]) -> Meaning {
        let sample = Sample::default().with(&table.name, column, values);
        of_table(table, &sample)[column]
    }

    #[test]
    fn values_raise_what_the_name_hides() {
        let events = table("event", &[("contact_ref", ""), ("ref", "")]);
        let found = meaning(&events, "contact_ref", &["ada@example.org"]);
        assert_eq!(found.category, Some(categories::EMAIL));
        assert_eq!(found.identity, Some(Kind::Email));
        assert_eq!(found.reason, Some(Reason::Values(Likeness::Email)));
        assert_eq!(meaning(&events, "ref", &["A-17"]), Meaning::default());
    }

    #[test]
    fn values_correct_what_the_name_promises() {
        let people = table("people", &[("mail", ""), ("ip", ""), ("note", "")]);
        let hashed = ["5f4dcc3b", "7c6a180b", "6cb75f65", "e10adc39", "25d55ad2"];
        let found = meaning(&people, "mail", &hashed);
        assert_eq!(
            (found.category, found.identity),
            (Some(categories::EMAIL), None)
        );
        assert_eq!(found.reason, Some(Reason::NoAddress));
        let patents = ["patent", "mark", "design", "mark", "patent"];
        assert_eq!(meaning(&people, "ip", &patents).category, None);
        let phones = ["+49 30 1234567", "+49 30 7654321", "+49 30 1111111"];
        assert_eq!(
            meaning(&people, "note", &phones).category,
            Some(categories::PHONE)
        );
    }

    #[test]
    fn a_comment_counts_where_the_name_says_nothing() {
        let things = table(
            "thing",
            &[
                ("c1", "E-mail address of the buyer"),
                ("c2", "user.demographic.gender"),
                ("c3", "contains PII"),
                (
                    "c4",
                    "how often the birth date was asked for, the reason, and all the rest of that long story",
                ),
                ("c5", "internal number"),
            ],
        );
        let found = of_table(&things, &Sample::default());
        let categories: Vec<Option<&str>> =
            found.values().map(|meaning| meaning.category).collect();
        assert_eq!(
            categories,
            [
                Some("user.contact.email"),
                Some("user.demographic.gender"),
                Some("user"),
                None,
                None
            ]
        );
    }

    #[test]
    fn a_name_is_a_persons_beside_an_address_and_a_things_elsewhere() {
        let of = |name, columns: &[(&str, &str)]| {
            of_table(&table(name, columns), &Sample::default())["name"].category
        };
        assert_eq!(
            of("account", &[("name", ""), ("email", "")]),
            Some(categories::NAME)
        );
        assert_eq!(of("patients", &[("name", "")]), Some(categories::NAME));
        assert_eq!(of("product", &[("name", "")]), None);
    }

    #[test]
    fn a_title_is_a_job_where_somebody_serves() {
        let of = |name, columns: &[(&str, &str)]| {
            of_table(&table(name, columns), &Sample::default())["Title"].category
        };
        let own = [("Title", ""), ("Email", "")];
        assert_eq!(of("Employee", &own), Some(categories::JOB));
        assert_eq!(of("customer", &own), None);
        assert_eq!(of("agent", &[("Title", "")]), None);
    }

    #[test]
    fn the_address_of_a_manager_finds_nobody_where_there_is_an_own_one() {
        let identities = |columns: &[(&str, &str)]| -> Vec<String> {
            let found = of_table(&table("account", columns), &Sample::default());
            let named = found
                .iter()
                .filter(|(_, meaning)| meaning.identity.is_some());
            named.map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(
            identities(&[("email", ""), ("manager_email", "")]),
            ["email"]
        );
        assert_eq!(identities(&[("recipient_email", "")]), ["recipient_email"]);
    }
}
