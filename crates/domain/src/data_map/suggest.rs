//! "Did you mean": the known name that is nearest to one that was misspelt.

/// `; did you mean 'customer'?`, or nothing when no name is near.
pub(super) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    // A third of the letters may be wrong: more would be guessing.
    let most = (wrong.chars().count() / 3).max(1);
    match nearest(wrong, known, most) {
        Some(name) => format!("; did you mean '{name}'?"),
        None => String::new(),
    }
}

/// The nearest name within so many single-letter mistakes, whatever its case.
pub(super) fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Option<&'a str> {
    let plain = wrong.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(&plain, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wrong: &str, expected: &str) {
        let known = ["customer", "orders", "id", "CustomerId"];
        assert_eq!(did_you_mean(wrong, known), expected);
    }

    #[test]
    fn a_name_that_is_near_is_offered() {
        check("custmer", "; did you mean 'customer'?");
        check("cutsomer", "; did you mean 'customer'?");
        check("customerid", "; did you mean 'CustomerId'?");
        check("ids", "; did you mean 'id'?");
    }

    #[test]
    fn a_name_that_is_far_from_all_is_not_guessed_at() {
        check("invoice", "");
        check("xy", "");
    }
}
