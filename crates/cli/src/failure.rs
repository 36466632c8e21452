//! An error and its causes in one line, printed once.

use habeas_connector::StoreError;

/// The chain from the outermost error to its cause. It stops at a store's error: what lies below
/// is the driver's own text, and a driver may quote a row.
pub fn in_one_line(error: &anyhow::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        // A transparent error repeats the words of its source.
        if words.last() != Some(&text) {
            words.push(text);
        }
        if cause.is::<StoreError>() {
            break;
        }
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_driver_says_about_a_row_is_not_printed() {
        let mut error = StoreError::permanent("23505", "a constraint forbids it");
        error.source = Some("Key (email)=(ada@example.org) already exists".into());
        let error = anyhow::Error::new(error).context("the store 'shop' cannot be read");
        let expected =
            "the store 'shop' cannot be read: permanent (23505): a constraint forbids it";
        assert_eq!(in_one_line(&error), expected);
    }
}
