//! The data categories that a map may name: those of fideslang, and extensions of them.
//!
//! A category is dotted and begins with `user` (a fact about the person) or `system` (none). Below
//! these two the taxonomy may be extended, as fideslang itself allows: `user.loyalty.tier` is as
//! good as `user.contact.email`. So an unknown name is no fault; one that differs from a known name
//! in a letter or two is worth a look, since it is more likely a slip than a choice.

use super::suggest;

const TAXONOMY: &str = include_str!("categories.txt");

/// The version of the fideslang default taxonomy that is known here.
pub const VERSION: &str = "3.2.0";

/// Every known name, replaced ones included, each with the name that took its place.
fn entries() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    let lines = TAXONOMY.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| match line.split_once(" = ") {
        Some((old, new)) => (old, Some(new)),
        None => (line, None),
    })
}

/// The names in use, in alphabetical order; those that were replaced are left out.
pub fn current() -> impl Iterator<Item = &'static str> {
    entries().filter_map(|(name, newer)| newer.is_none().then_some(name))
}

/// The taxonomy has the name, or had it.
pub fn is_known(category: &str) -> bool {
    entries().any(|(name, _)| name == category)
}

/// The name that took the place of an older one.
pub fn replaced_by(category: &str) -> Option<&'static str> {
    entries().find_map(|(name, newer)| newer.filter(|_| name == category))
}

/// A known category that this one was probably meant to be.
pub fn probably(category: &str) -> Option<&'static str> {
    if is_known(category) {
        return None;
    }
    suggest::nearest(category, entries().map(|(name, _)| name), 2)
}

/// The category is `general` or below it.
pub fn is_within(category: &str, general: &str) -> bool {
    category
        .strip_prefix(general)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Dotted names below `user` or `system`.
pub fn is_well_formed(category: &str) -> bool {
    let name = |part: &str| {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        !part.is_empty() && part.chars().all(legal)
    };
    ["user", "system"]
        .iter()
        .any(|root| is_within(category, root))
        && category.split('.').all(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_its_parent_and_every_successor_is_in_use() {
        for (name, newer) in entries() {
            assert!(is_well_formed(name), "{name}");
            if let Some((parent, _)) = name.rsplit_once('.') {
                assert!(is_known(parent), "{name}");
            }
            if let Some(newer) = newer {
                assert!(current().any(|name| name == newer), "{newer}");
            }
        }
    }

    #[test]
    fn no_category_is_named_twice() {
        let names: Vec<&str> = entries().map(|(name, _)| name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "not in order, or twice");
    }

    #[test]
    fn an_extension_is_taken_and_a_slip_is_noticed() {
        assert_eq!(probably("user.loyalty.tier"), None);
        assert_eq!(probably("user.contact.email"), None);
        assert_eq!(probably("user.contact.emial"), Some("user.contact.email"));
        assert_eq!(probably("usr.name"), Some("user.name"));
    }

    #[test]
    fn what_is_neither_about_the_person_nor_the_system_is_no_category() {
        for bad in [
            "",
            "username",
            "contact.email",
            "user.",
            "user..name",
            "user.first name",
        ] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }
}
