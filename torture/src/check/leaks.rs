//! I8 and I10: markers of persons in logs, answers, the database and on disk.

use super::{
    Evidence, Found,
    Invariant::{Leaks, Plaintext},
};

pub fn check(evidence: &Evidence) -> Vec<Found> {
    let leaks = evidence.leaks.iter().map(|leak| {
        let invariant = if leak.place.starts_with("file ") {
            Plaintext
        } else {
            Leaks
        };
        Found::new(
            invariant,
            format!("no fact about a person in {}", leak.place),
            format!("“{}”", leak.marker),
        )
    });
    leaks.collect()
}

/// The first marker of a person in some bytes: every name and address in the stores reads
/// "person", a dot or a space, a number.
pub fn marker_in(bytes: &[u8]) -> Option<String> {
    markers(bytes)
        .next()
        .map(|person| format!("person {person}"))
}

/// The number of each person who is named.
pub fn markers(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    const WORD: &[u8] = b"person";
    bytes
        .windows(WORD.len())
        .enumerate()
        .filter_map(move |(at, word)| {
            if !word.eq_ignore_ascii_case(WORD) {
                return None;
            }
            let rest = bytes.get(at + WORD.len() + 1..)?;
            if !matches!(bytes[at + WORD.len()], b'.' | b' ') {
                return None;
            }
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            std::str::from_utf8(&rest[..digits.min(9)])
                .ok()?
                .parse()
                .ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_found_by_name_and_by_address() {
        let text = b"Person 12 wrote from PERSON.7@mail.example; a person looks";
        assert_eq!(markers(text).collect::<Vec<_>>(), [12, 7]);
        assert_eq!(marker_in(b"this person. 3 rows"), None);
    }
}
