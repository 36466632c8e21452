//! Fields to columns: category, identity, and the parts of nested objects and arrays.

use habeas_domain::{
    IdentifierKind,
    data_map::{Column, Compare, Field as Part, Identity, category},
};

use crate::{
    format::{Direction, Field, Reference},
    report::Notes,
    treat,
};

/// Where a field stands: in the file, in words, and what is above it.
pub(crate) struct Here<'a> {
    pub path: String,
    pub about: String,
    /// The `fides_key` of its dataset.
    pub dataset: &'a str,
    /// Categories that hold for everything in the collection.
    pub above: &'a [String],
    /// Its row is treated value by value.
    pub rows_stay: bool,
}

impl Here<'_> {
    fn inside(&self, i: usize, name: &str) -> Self {
        Here {
            path: format!("{}.fields[{i}]", self.path),
            about: format!("{}.{name}", self.about),
            ..*self
        }
    }
}

/// The column without treatments.
pub(crate) fn column(field: &Field, here: &Here<'_>, notes: &mut Notes) -> Column {
    let mut column = Column {
        identity: identity(field, here, notes),
        title: field.description.clone().unwrap_or_default(),
        ..Column::default()
    };
    let root = if field.is_array() { "[]" } else { "" };
    if field.parts().is_empty() {
        column.category = categories(field, here, notes).unwrap_or_else(|| "system".to_owned());
    } else {
        parts(field, root, here, &mut column, notes);
        let own = categories(field, here, notes);
        column.category = own.unwrap_or_else(|| common(&column));
    }
    arrays(field, here, notes);
    other(field, here, notes);
    column
}

/// `contact.email`, `[].name`, `tags[]`: every leaf below the column.
fn parts(field: &Field, above: &str, here: &Here<'_>, column: &mut Column, notes: &mut Notes) {
    for (i, part) in field.parts().iter().enumerate() {
        let here = here.inside(i, &part.name);
        let dot = if above.is_empty() { "" } else { "." };
        let array = if part.is_array() { "[]" } else { "" };
        let path = format!("{above}{dot}{}{array}", part.name);
        let references = part.meta().and_then(|meta| meta.references.as_deref());
        if references.is_some_and(|all| all.iter().any(|one| one.dataset == here.dataset)) {
            let message =
                "its reference is left out: an edge ties columns, not parts of JSON values";
            notes.decide(&here.path, &here.about, message);
        }
        if !part.parts().is_empty() {
            parts(part, &path, &here, column, notes);
            continue;
        }
        let mut field = Part {
            category: categories(part, &here, notes).unwrap_or_else(|| "system".to_owned()),
            title: part.description.clone().unwrap_or_default(),
            identity: identity(part, &here, notes),
            ..Part::default()
        };
        if here.rows_stay && category::is_within(&field.category, "user") {
            let treated = treat::value(part, false, false);
            field.erase = treated.treatment;
            if let Some(decision) = treated.decision {
                notes.decide(&here.path, &here.about, decision);
            }
        }
        arrays(part, &here, notes);
        other(part, &here, notes);
        column.fields.insert(path, field);
    }
}

/// The longest beginning that the categories of all personal parts share.
fn common(column: &Column) -> String {
    let mut personal = column
        .fields
        .values()
        .map(|field| field.category.as_str())
        .filter(|category| category::is_within(category, "user"));
    let Some(first) = personal.next() else {
        return "system".to_owned();
    };
    let mut shared: Vec<&str> = first.split('.').collect();
    for other in personal {
        let same = shared
            .iter()
            .zip(other.split('.'))
            .take_while(|(a, b)| **a == *b);
        shared.truncate(same.count());
    }
    shared.join(".")
}

/// One category: of the personal ones the most exact.
fn categories(field: &Field, here: &Here<'_>, notes: &mut Notes) -> Option<String> {
    let own = field.data_categories.as_deref().unwrap_or_default();
    let all = if own.is_empty() { here.above } else { own };
    let rank = |name: &&String| (category::is_within(name, "user"), name.split('.').count());
    let fits = |name: &&String| category::is_well_formed(name);
    let best = all.iter().filter(fits).max_by_key(rank);
    for odd in all.iter().filter(|name| !fits(name)) {
        let message = format!(
            "the category '{odd}' begins with neither 'user' nor 'system' and has no place here"
        );
        notes.decide(&here.path, &here.about, message);
    }
    match best {
        None if !all.is_empty() => Some("user".to_owned()),
        None => {
            if field.parts().is_empty() && !field.is_key() {
                let message = "it has no category; taken as 'system', no fact about the person";
                notes.decide(&here.path, &here.about, message);
            }
            None
        }
        Some(best) => {
            let others = all.iter().filter(|name| *name != best && fits(name));
            let others: Vec<&str> = others.map(String::as_str).collect();
            if !others.is_empty() {
                let message = format!(
                    "of its categories '{best}' is taken, not {}",
                    others.join(", ")
                );
                notes.tell(&here.path, &here.about, message);
            }
            Some(best.clone())
        }
    }
}

fn identity(field: &Field, here: &Here<'_>, notes: &mut Notes) -> Option<Identity> {
    let meta = field.meta()?;
    if let Some(named) = &meta.identity {
        let kind = match named.as_str() {
            "email" => IdentifierKind::email(),
            "phone_number" => kind("phone"),
            other => kind(other),
        };
        let message = format!(
            "found by '{kind}'; if a value names exactly one person, add 'names_one_person: true', \
             and it may be found elsewhere by what stands in its row"
        );
        notes.decide(&here.path, &here.about, message);
        let compare = if kind == IdentifierKind::email() {
            Compare::IgnoreCase
        } else {
            Compare::Exact
        };
        return Some(Identity {
            kind,
            compare,
            names_one_person: false,
        });
    }
    let elsewhere = |reference: &&Reference| reference.dataset != here.dataset;
    let mut elsewhere = meta.references.iter().flatten().filter(elsewhere);
    let reference = elsewhere.next()?;
    if elsewhere.next().is_some() {
        let message = "of its references to other datasets only the first is taken: a column has one \
                       identity";
        notes.decide(&here.path, &here.about, message);
    }
    Some(across(reference, here, notes))
}

/// From store to store a person is followed by an identifier that one of them hands on.
fn across(reference: &Reference, here: &Here<'_>, notes: &mut Notes) -> Identity {
    let theirs = format!("{}.{}", reference.dataset, reference.field);
    let (kind, message) = match reference.direction {
        Some(Direction::To) => {
            let kind = kind(&format!("{}.{}", here.dataset, here.about));
            let message = format!(
                "handed on to '{theirs}' as '{kind}' only with 'names_one_person: true' here, and \
                 found there by an identity of the same kind"
            );
            (kind, message)
        }
        Some(Direction::From) | None => {
            let kind = kind(&theirs);
            let message = format!(
                "found by '{kind}'; '{theirs}' hands it on when it has an identity of this kind \
                 with 'names_one_person: true'"
            );
            (kind, message)
        }
    };
    notes.decide(&here.path, &here.about, message);
    Identity {
        kind,
        compare: Compare::Exact,
        names_one_person: false,
    }
}

/// Any name in the letters of an identifier kind.
fn kind(name: &str) -> IdentifierKind {
    let letter = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() || c == '.' => c,
        _ => '_',
    };
    let plain: String = name.chars().map(letter).collect();
    let plain = plain.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let short: String = plain.chars().take(60).collect();
    short.parse().unwrap_or_else(|_| {
        let other = "other".parse();
        other.expect("'other' is an identifier kind")
    })
}

fn arrays(field: &Field, here: &Here<'_>, notes: &mut Notes) {
    let Some(meta) = field.meta() else { return };
    let finds = meta.identity.is_some() || meta.references.is_some();
    if field.is_array() && finds && meta.return_all_elements != Some(true) {
        let message = "Fides hands out the matching elements only; here the whole value is the \
                       subject's, other people's elements included";
        notes.decide(&here.path, &here.about, message);
    }
}

fn other(field: &Field, here: &Here<'_>, notes: &mut Notes) {
    let custom = field
        .meta()
        .and_then(|meta| meta.custom_request_field.as_ref());
    if let Some(custom) = custom {
        let message = format!(
            "rows are no longer chosen by the request field '{custom}'; if that field names a \
             person, give the column an identity"
        );
        notes.decide(&here.path, &here.about, message);
    }
}
