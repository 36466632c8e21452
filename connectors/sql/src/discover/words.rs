//! What words in names mean, apart from what a column holds (see `categories`). English, because
//! schemas speak English.

/// A pointer with such a word in its name means somebody else: who serves the customer, who is the
/// boss, who typed it.
const SOMEBODY_ELSE: &[&str] = &[
    "admin",
    "administrator",
    "advisor",
    "agent",
    "approver",
    "assigned",
    "assignee",
    "blocked",
    "boss",
    "buddy",
    "by",
    "caseworker",
    "child",
    "clerk",
    "coach",
    "consultant",
    "counterparty",
    "courier",
    "delegate",
    "deputy",
    "doctor",
    "driver",
    "duplicate",
    "editor",
    "emergency",
    "employee",
    "father",
    "friend",
    "guardian",
    "handler",
    "instructor",
    "introducer",
    "invited",
    "invitee",
    "inviter",
    "kin",
    "lead",
    "leader",
    "manager",
    "mentor",
    "merged",
    "moderator",
    "mother",
    "operator",
    "opponent",
    "parent",
    "partner",
    "physician",
    "predecessor",
    "processor",
    "receiver",
    "recipient",
    "referred",
    "referrer",
    "rep",
    "reports",
    "representative",
    "responsible",
    "reviewer",
    "sales",
    "salesperson",
    "seller",
    "sibling",
    "sponsor",
    "spouse",
    "staff",
    "successor",
    "supervisor",
    "supplier",
    "support",
    "teacher",
    "technician",
    "therapist",
    "tutor",
    "vendor",
];

/// A table named so holds those who serve, next to one of those who are served.
const THOSE_WHO_SERVE: &[&str] = &[
    "admin",
    "administrator",
    "agent",
    "clerk",
    "courier",
    "doctor",
    "driver",
    "employee",
    "instructor",
    "manager",
    "moderator",
    "operator",
    "physician",
    "rep",
    "salesperson",
    "seller",
    "staff",
    "supplier",
    "teacher",
    "technician",
    "therapist",
    "vendor",
];

const BOOKKEEPING: &[&str] = &[
    "modified", "update", "updated", "version", "inserted", "etag", "revision", "checksum", "tsv",
    "tsvector", "fulltext", "rowguid",
];

/// What a table is called that holds the rows of another one as they once were.
const COPIES: &[&str] = &[
    "archive", "archived", "audit", "backup", "bak", "bck", "bkp", "copy", "deleted", "dump",
    "export", "hist", "history", "import", "log", "old", "orig", "shadow", "snapshot", "stage",
    "staging", "temp", "test", "tmp",
];

/// `BillingPostalCode`, `billing_postal_code` and `billing-postal-code` are the same three words.
pub(super) fn split(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(c) = letters.next() {
        if c.is_alphanumeric() {
            let small_next = letters.peek().is_some_and(|next| next.is_lowercase());
            let begins = !before.is_alphanumeric()
                || c.is_numeric() != before.is_numeric()
                // `customerId`, and the second word of `IPAddress`.
                || c.is_uppercase() && (before.is_lowercase() || small_next);
            if begins {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        before = c;
    }
    words
}

pub(super) fn title(name: &str) -> String {
    let text = split(name).join(" ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => name.to_owned(),
    }
}

/// `addresses` and `address` are the same word. Good enough for comparing, not for printing.
pub(super) fn singular(word: &str) -> String {
    if word == "people" {
        return "person".to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for end in ["sses", "xes", "ches", "shes"] {
        if word.ends_with(end) {
            return word[..word.len() - 2].to_owned();
        }
    }
    let plural = word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if plural && word.len() > 2 {
        word[..word.len() - 1].to_owned()
    } else {
        word.to_owned()
    }
}

/// The words of a table's name, the last one in the singular.
pub(super) fn of_table(name: &str) -> Vec<String> {
    let mut words = split(name);
    if let Some(last) = words.last_mut() {
        *last = singular(last);
    }
    words
}

pub(super) fn is_id(name: &str) -> bool {
    split(name)
        .last()
        .is_some_and(|word| ["id", "uuid", "guid", "ulid"].contains(&word.as_str()))
}

pub(super) fn is_bookkeeping(name: &str) -> bool {
    any(&split(name), BOOKKEEPING)
}

/// These words before a key's name say that the row pointed at is somebody else's.
pub(super) fn mean_somebody_else(words: &[String]) -> bool {
    any(words, SOMEBODY_ELSE)
}

pub(super) fn means_somebody_else(column: &str) -> bool {
    mean_somebody_else(&split(column))
}

/// The table holds those who serve the others.
pub(super) fn serves(table: &str) -> bool {
    let words: Vec<String> = split(table).iter().map(|word| singular(word)).collect();
    any(&words, THOSE_WHO_SERVE)
}

/// The table is called like a copy of another one: `customer_backup`, `old_customers`,
/// `customer_2023`, `customer_20230401`.
pub(super) fn is_called_a_copy_of(table: &str, original: &str) -> bool {
    let (words, of) = (split(table), split(original));
    let alike = |words: &[String]| {
        words.len() == of.len()
            && words
                .iter()
                .zip(&of)
                .all(|(a, b)| a == b || singular(a) == singular(b))
    };
    let mark =
        |word: &String| COPIES.contains(&word.as_str()) || word.chars().all(|c| c.is_ascii_digit());
    let Some(rest) = words.len().checked_sub(of.len()).filter(|rest| *rest > 0) else {
        return false;
    };
    (0..=rest).any(|at| {
        let (before, from) = words.split_at(at);
        let (same, after) = from.split_at(of.len());
        alike(same) && before.iter().chain(after).all(mark)
    })
}

fn any(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_split_however_it_is_written() {
        for name in [
            "BillingPostalCode",
            "billing_postal_code",
            "billing-postal-code",
            "BILLING_POSTAL_CODE",
        ] {
            assert_eq!(split(name), ["billing", "postal", "code"], "{name}");
        }
        assert_eq!(split("IPAddress"), ["ip", "address"]);
        assert_eq!(split("CustomerID"), ["customer", "id"]);
        assert_eq!(split("address2"), ["address", "2"]);
        assert_eq!(title("invoice_line"), "Invoice line");
    }

    #[test]
    fn who_is_meant_is_told_by_the_column() {
        for other in [
            "SupportRepId",
            "reports_to",
            "manager_staff_id",
            "created_by",
            "updated_by_id",
            "approver_id",
            "assigned_to",
            "reviewer_id",
            "referrer_id",
            "emergency_contact_id",
        ] {
            assert!(means_somebody_else(other), "{other}");
        }
        for own in [
            "customer_id",
            "CustomerId",
            "user_id",
            "author_id",
            "sender_id",
            "owner_id",
            "buyer_id",
        ] {
            assert!(!means_somebody_else(own), "{own}");
        }
    }

    #[test]
    fn a_copy_is_told_by_its_name() {
        for copy in [
            "customer_backup",
            "customers_old",
            "old_customer",
            "customer_2023",
            "Customer20230401",
            "tmp_customers_bak",
        ] {
            assert!(is_called_a_copy_of(copy, "customers"), "{copy}");
        }
        for other in [
            "customer_order",
            "customers",
            "backup",
            "customer_address_old",
        ] {
            assert!(!is_called_a_copy_of(other, "customers"), "{other}");
        }
    }

    #[test]
    fn one_and_many_are_one_word() {
        for (many, one) in [
            ("addresses", "address"),
            ("companies", "company"),
            ("people", "person"),
            ("boxes", "box"),
            ("status", "status"),
            ("address", "address"),
            ("purchases", "purchase"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
