//! YAML to any type, with a placed fault for what does not have its shape.
//!
//! The reader stops at the first such fault: what follows could not be understood anyway.

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use super::{
    Fault, MapError,
    place::{Place, Places},
    suggest::did_you_mean,
};

/// Reads a text of one document; `file` is named in the error.
pub fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, MapError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| MapError {
        file: file.to_owned(),
        faults: vec![fault(&error, &Places::of(text))],
    })
}

fn fault(error: &Error, places: &Places) -> Fault {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let place = error.location().map(|location| Place {
        line: number(location.line()),
        column: number(location.column()),
    });
    let path = match (place, inner(error)) {
        (None, _) => "",
        (Some(place), Error::SerdeMissingField { .. }) => places.mapping_at(place),
        (Some(place), _) => places.path_at(place),
    };
    let place = match inner(error) {
        // It is noticed at the last key of the mapping that lacks it.
        Error::SerdeMissingField { .. } => places.nearest(path),
        _ => place,
    };
    Fault {
        path: path.to_owned(),
        place,
        message: words(error),
    }
}

fn inner(error: &Error) -> &Error {
    match error {
        Error::WithSnippet { error, .. } | Error::AliasError { error, .. } => inner(error),
        other => other,
    }
}

fn words(error: &Error) -> String {
    match inner(error) {
        Error::SerdeUnknownField {
            field, expected, ..
        } => unknown("key", field, expected),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => unknown("choice", variant, expected),
        Error::SerdeMissingField { field, .. } => format!("'{field}' is missing"),
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("'{key}' stands here twice"),
        Error::NullIntoString { .. } => "a text is needed; quote it if it is 'null'".to_owned(),
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        } => format!("found {unexpected} where {} is needed", plain(expected)),
        Error::Unexpected { expected, .. } => format!("{} is needed", plain(expected)),
        Error::InvalidScalar {
            ty: "bool" | "boolean",
            ..
        } => "true or false is needed".to_owned(),
        Error::InvalidScalar { ty, .. } if ty.starts_with(['u', 'i']) => {
            "a whole number is needed".to_owned()
        }
        other => UserMessageFormatter.format_message(other).into_owned(),
    }
}

fn unknown(what: &str, wrong: &str, known: &[&str]) -> String {
    match did_you_mean(wrong, known.iter().copied()) {
        near if near.is_empty() => {
            format!(
                "no {what} '{wrong}' is known here; there are {}",
                known.join(", ")
            )
        }
        near => format!("no {what} '{wrong}' is known here{near}"),
    }
}

/// What a type of ours is called in a file.
fn plain(expected: &str) -> &str {
    match expected {
        "a sequence" | "sequence start" => "a list in brackets",
        "a map" | "mapping start" => "a mapping",
        "a string" | "string scalar" => "a text",
        expected if expected.starts_with("struct ") => "a mapping",
        expected => expected,
    }
}
