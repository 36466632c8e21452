//! What a treatment makes of one value. Pure.
//!
//! Every treatment here is idempotent: a treated value stays as it is when it is treated again for
//! the same erasure. That is how a second run changes nothing, and how reading a row back proves
//! that it was treated, without keeping the value that was there before.

use std::fmt;

use habeas_domain::data_map::{Coarser, ColumnTreatment, Field, JsonPath};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value as Json;
use sha2::Sha256;
use uuid::Uuid;

/// The key of `pseudonymise`. Whoever has it can find out whose pseudonym a value is, by trying.
#[derive(Clone, PartialEq, Eq)]
pub struct PseudonymKey(Vec<u8>);

impl PseudonymKey {
    /// The fewest bytes of a key: the size of the hash, as RFC 2104 section 3 advises.
    pub const LEAST: usize = 32;

    /// `None` when the key is shorter than [`PseudonymKey::LEAST`] bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = bytes.into();
        (bytes.len() >= Self::LEAST).then_some(Self(bytes))
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey")
    }
}

/// By what a pseudonym is known; a value that has the form already is not treated again.
pub(crate) const PSEUDONYM: &str = "hb_";

/// Characters of a pseudonym: the prefix and 160 bits in base 32.
pub(crate) const PSEUDONYM_LENGTH: usize = PSEUDONYM.len() + 32;

/// Everything that decides what a value becomes, but for the value.
pub(crate) struct Treating<'a> {
    pub effect_key: Uuid,
    pub collection: &'a str,
    pub column: &'a str,
    /// The key of the row, as text.
    pub row: &'a [String],
    pub pseudonyms: Option<&'a PseudonymKey>,
}

/// The new text of a value, or `None` when the treatment cannot be applied to it.
pub(crate) fn text(treatment: &ColumnTreatment, value: &str, by: &Treating) -> Option<String> {
    match treatment {
        ColumnTreatment::Random => Some(random(value, by)),
        ColumnTreatment::Pseudonymise => pseudonym(value, by.pseudonyms?),
        ColumnTreatment::Generalise(to) => coarser(value, *to),
        ColumnTreatment::Fixed(fixed) => Some(fixed.clone()),
        ColumnTreatment::Keep => Some(value.to_owned()),
        ColumnTreatment::Null | ColumnTreatment::Detach => None,
    }
}

/// The new text of a JSON value whose fields are treated one by one, or `None` when it is no JSON.
pub(crate) fn json<'a>(
    fields: impl Iterator<Item = (&'a String, &'a Field)>,
    value: &str,
    by: &Treating,
) -> Option<String> {
    let was: Json = serde_json::from_str(value).ok()?;
    let mut root = was.clone();
    let mut whole = true;
    for (path, field) in fields {
        let (Some(treatment), Ok(selected)) = (&field.erase, path.parse::<JsonPath>()) else {
            continue;
        };
        selected.each(&mut root, &mut |part| match field_of(treatment, part, by) {
            Some(treated) => *part = treated,
            None => whole = false,
        });
    }
    match (whole, root == was) {
        (false, _) => None,
        // Untouched text keeps its own blanks and order.
        (true, true) => Some(value.to_owned()),
        (true, false) => Some(root.to_string()),
    }
}

fn field_of(treatment: &ColumnTreatment, part: &Json, by: &Treating) -> Option<Json> {
    match (treatment, part) {
        (ColumnTreatment::Keep, part) => Some(part.clone()),
        (ColumnTreatment::Null | ColumnTreatment::Detach, _) | (_, Json::Null) => Some(Json::Null),
        (ColumnTreatment::Fixed(fixed), _) => Some(Json::String(fixed.clone())),
        (_, Json::String(held)) => text(treatment, held, by).map(Json::String),
        (ColumnTreatment::Random, Json::Number(held)) => {
            serde_json::from_str(&random(&held.to_string(), by)).ok()
        }
        // A whole object, or a number that cannot be made coarser: nothing of it may stay.
        (
            ColumnTreatment::Random
            | ColumnTreatment::Pseudonymise
            | ColumnTreatment::Generalise(_),
            Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_),
        ) => Some(Json::Null),
    }
}

/// Letters and digits drawn anew, everything else left: `ada@x.org` and `qto@r.bwk` have one shape.
///
/// Drawn from the erasure and the row, never from the old letters, so that nothing of them is left.
fn random(value: &str, by: &Treating) -> String {
    let mut stream = Stream::new(by);
    let mut first_digit = true;
    value
        .chars()
        .map(|held| match held {
            _ if held.is_numeric() => match (std::mem::take(&mut first_digit), held) {
                // A number keeps its number of digits, and a leading nought.
                (true, '0') => '0',
                (true, _) => char::from(b'1' + stream.below(9)),
                (false, _) => char::from(b'0' + stream.below(10)),
            },
            _ if held.is_uppercase() => char::from(b'A' + stream.below(26)),
            _ if held.is_alphabetic() => char::from(b'a' + stream.below(26)),
            other => other,
        })
        .collect()
}

fn pseudonym(value: &str, key: &PseudonymKey) -> Option<String> {
    if is_pseudonym(value) {
        return Some(value.to_owned());
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).ok()?;
    mac.update(value.as_bytes());
    let hash = mac.finalize().into_bytes();
    let digits = hash[..20].chunks(5).flat_map(|five| {
        let bits = five
            .iter()
            .fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).map(move |n| BASE_32[(bits >> (35 - 5 * n) & 31) as usize])
    });
    Some(PSEUDONYM.chars().chain(digits.map(char::from)).collect())
}

/// As RFC 4648 section 6, in lower case.
const BASE_32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What a pseudonym looks like.
pub(crate) fn specimen() -> String {
    format!(
        "{PSEUDONYM}{}",
        "a".repeat(PSEUDONYM_LENGTH - PSEUDONYM.len())
    )
}

fn is_pseudonym(value: &str) -> bool {
    value.len() == PSEUDONYM_LENGTH
        && value
            .strip_prefix(PSEUDONYM)
            .is_some_and(|rest| rest.bytes().all(|byte| BASE_32.contains(&byte)))
}

/// Dates and instants as ISO 8601 writes them, other texts by their first characters.
fn coarser(value: &str, to: Coarser) -> Option<String> {
    let keep = match to {
        Coarser::First(count) => return Some(value.chars().take(count as usize).collect()),
        Coarser::Year => 4,
        Coarser::Month => 7,
        Coarser::Day => 10,
    };
    let date = value.get(..10)?;
    let is_date = date.bytes().enumerate().all(|(i, byte)| match i {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !is_date {
        return None;
    }
    let first = "0000-01-01";
    let mut left = format!("{}{}", &date[..keep], &first[keep..]);
    let rest = &value[10..];
    // The zone stays, the time of day becomes midnight.
    let zone = rest
        .char_indices()
        .skip(1)
        .find(|(_, c)| matches!(c, 'Z' | 'z' | '+' | '-'))
        .map(|(at, _)| at);
    let (time, zone) = rest.split_at(zone.unwrap_or(rest.len()));
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    left.extend(
        time.chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c }),
    );
    left.push_str(zone);
    Some(left)
}

/// Numbers drawn from an erasure, a column and a row: HMAC-SHA-256 in counter mode.
struct Stream {
    seed: Hmac<Sha256>,
    block: [u8; 32],
    next: usize,
    counter: u64,
}

impl Stream {
    fn new(by: &Treating) -> Self {
        let mut seed = Hmac::<Sha256>::new_from_slice(by.effect_key.as_bytes())
            .expect("HMAC takes a key of any length");
        for part in [by.collection, by.column]
            .into_iter()
            .chain(by.row.iter().map(String::as_str))
        {
            seed.update(&(part.len() as u64).to_be_bytes());
            seed.update(part.as_bytes());
        }
        Self {
            seed,
            block: [0; 32],
            next: 32,
            counter: 0,
        }
    }

    fn byte(&mut self) -> u8 {
        if self.next == self.block.len() {
            let mut mac = self.seed.clone();
            mac.update(&self.counter.to_be_bytes());
            self.block = mac.finalize().into_bytes().into();
            self.counter += 1;
            self.next = 0;
        }
        self.next += 1;
        self.block[self.next - 1]
    }

    /// Evenly below `limit`, which is at most 26.
    fn below(&mut self, limit: u8) -> u8 {
        let even = 256 - 256 % u16::from(limit);
        loop {
            let byte = self.byte();
            if u16::from(byte) < even {
                return byte % limit;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use proptest::prelude::*;

    use super::*;

    fn by<'a>(row: &'a [String], key: Option<&'a PseudonymKey>) -> Treating<'a> {
        Treating {
            effect_key: Uuid::from_u128(7),
            collection: "person",
            column: "name",
            row,
            pseudonyms: key,
        }
    }

    fn key() -> PseudonymKey {
        PseudonymKey::new([7; 32]).unwrap()
    }

    #[test]
    fn a_random_value_has_the_shape_and_nothing_of_the_old_letters() {
        let row = ["12".to_owned()];
        let one = random("Ada Łovelace +44 020", &by(&row, None));
        let shape = |value: &str| -> String {
            value
                .chars()
                .map(|c| match c {
                    '0'..='9' => '9',
                    _ if c.is_uppercase() => 'A',
                    _ if c.is_alphabetic() => 'a',
                    c => c,
                })
                .collect()
        };
        assert_eq!(shape(&one), shape("Ada Łovelace +44 020"));
        assert_eq!(one, random("Bob Łovelacf +11 070", &by(&row, None)));
        assert_ne!(
            one,
            random("Ada Łovelace +44 020", &by(&["13".to_owned()], None))
        );
    }

    #[test]
    fn a_pseudonym_depends_on_the_key_and_hides_the_value() {
        let one = pseudonym("ada@example.org", &key()).unwrap();
        assert_eq!(one.len(), PSEUDONYM_LENGTH);
        assert_eq!(one, pseudonym("ada@example.org", &key()).unwrap());
        let other = PseudonymKey::new([8; 32]).unwrap();
        assert_ne!(one, pseudonym("ada@example.org", &other).unwrap());
        assert_eq!(PseudonymKey::new([1; 31]), None);
    }

    #[test]
    fn a_date_loses_its_day_and_an_instant_its_hour() {
        let cases = [
            ("1979-05-17", Coarser::Year, Some("1979-01-01")),
            ("1979-05-17", Coarser::Month, Some("1979-05-01")),
            (
                "2024-05-17T13:45:01.123+02:00",
                Coarser::Day,
                Some("2024-05-17T00:00:00+02:00"),
            ),
            (
                "2024-05-17 13:45:01",
                Coarser::Year,
                Some("2024-01-01 00:00:00"),
            ),
            (
                "2024-05-17T13:45:01Z",
                Coarser::Month,
                Some("2024-05-01T00:00:00Z"),
            ),
            ("SW1A 2AA", Coarser::First(4), Some("SW1A")),
            ("next week", Coarser::Year, None),
            ("", Coarser::Year, None),
        ];
        for (value, to, expected) in cases {
            assert_eq!(coarser(value, to).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn only_the_named_fields_of_a_json_value_change() {
        let field = |erase| Field {
            category: "user".into(),
            erase: Some(erase),
            ..Field::default()
        };
        let fields: IndexMap<String, Field> = [
            ("contact.email".to_owned(), field(ColumnTreatment::Null)),
            (
                "tags[].name".to_owned(),
                field(ColumnTreatment::Fixed("x".into())),
            ),
        ]
        .into();
        let treated = |value: &str| json(fields.iter(), value, &by(&[], None));
        assert_eq!(
            treated(r#"{"a":1,"contact":{"email":"a@b.c"},"tags":[{"name":"n"}]}"#).unwrap(),
            r#"{"a":1,"contact":{"email":null},"tags":[{"name":"x"}]}"#
        );
        assert_eq!(treated("{ \"a\" : 1 }").unwrap(), "{ \"a\" : 1 }");
        assert_eq!(treated("not json"), None);
    }

    proptest! {
        #[test]
        fn a_treated_value_stays_when_it_is_treated_again(value in ".{0,40}", digits in "[0-9]{1,18}") {
            let row = ["1".to_owned()];
            let key = key();
            for value in [value.as_str(), digits.as_str(), "2024-05-17T13:45:01.5-03:00"] {
                for treatment in [
                    ColumnTreatment::Random,
                    ColumnTreatment::Pseudonymise,
                    ColumnTreatment::Generalise(Coarser::First(3)),
                    ColumnTreatment::Generalise(Coarser::Month),
                ] {
                    if let Some(once) = text(&treatment, value, &by(&row, Some(&key))) {
                        prop_assert_eq!(text(&treatment, &once, &by(&row, Some(&key))), Some(once));
                    }
                }
            }
        }
    }
}
