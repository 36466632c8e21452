//! What names of columns mean. English words, because schemas speak English.

use crate::Shape;

/// What a person can be found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Email,
    Phone,
    Username,
}

/// All words of a row must be among the words of the name; the first row that fits decides.
const CATEGORIES: &[(&[&str], &str)] = &[
    (&["email"], "user.contact.email"),
    (&["mail"], "user.contact.email"),
    (&["password"], "user.authorization.password"),
    (&["passwd"], "user.authorization.password"),
    (&["pwd"], "user.authorization.password"),
    (&["passphrase"], "user.authorization.password"),
    (&["salt"], "user.authorization.password"),
    (&["hash"], "user.authorization.credentials"),
    (&["secret"], "user.authorization.credentials"),
    (&["token"], "user.authorization.credentials"),
    (&["pin"], "user.authorization.credentials"),
    (&["api", "key"], "user.authorization.credentials"),
    (&["username"], "user.account.username"),
    (&["user", "name"], "user.account.username"),
    (&["login"], "user.account.username"),
    (&["screen", "name"], "user.account.username"),
    (&["ip"], "user.device.ip_address"),
    (&["ipaddress"], "user.device.ip_address"),
    (&["mac", "address"], "user.device.device_id"),
    (&["user", "agent"], "user.device"),
    (&["cookie"], "user.device.cookie_id"),
    (&["device"], "user.device.device_id"),
    (&["idfa"], "user.device.device_id"),
    (&["gaid"], "user.device.device_id"),
    (&["phone"], "user.contact.phone_number"),
    (&["mobile"], "user.contact.phone_number"),
    (&["cellphone"], "user.contact.phone_number"),
    (&["telephone"], "user.contact.phone_number"),
    (&["tel"], "user.contact.phone_number"),
    (&["msisdn"], "user.contact.phone_number"),
    (&["fax"], "user.contact.fax_number"),
    (&["first", "name"], "user.name.first"),
    (&["firstname"], "user.name.first"),
    (&["given", "name"], "user.name.first"),
    (&["forename"], "user.name.first"),
    (&["last", "name"], "user.name.last"),
    (&["lastname"], "user.name.last"),
    (&["family", "name"], "user.name.last"),
    (&["surname"], "user.name.last"),
    (&["full", "name"], "user.name"),
    (&["fullname"], "user.name"),
    (&["middle", "name"], "user.name"),
    (&["display", "name"], "user.name"),
    (&["maiden", "name"], "user.name"),
    (&["nickname"], "user.name"),
    (&["customer", "name"], "user.name"),
    (&["contact", "name"], "user.name"),
    (&["recipient"], "user.name"),
    (&["payer"], "user.name"),
    (&["postal"], "user.contact.address.postal_code"),
    (&["postcode"], "user.contact.address.postal_code"),
    (&["zip"], "user.contact.address.postal_code"),
    (&["zipcode"], "user.contact.address.postal_code"),
    (&["city"], "user.contact.address.city"),
    (&["town"], "user.contact.address.city"),
    (&["country"], "user.contact.address.country"),
    (&["state"], "user.contact.address.state"),
    (&["province"], "user.contact.address.state"),
    (&["region"], "user.contact.address.state"),
    (&["district"], "user.contact.address.state"),
    (&["county"], "user.contact.address.state"),
    (&["street"], "user.contact.address.street"),
    (&["address"], "user.contact.address.street"),
    (&["addr"], "user.contact.address.street"),
    (&["birth"], "user.demographic.date_of_birth"),
    (&["birthday"], "user.demographic.date_of_birth"),
    (&["birthdate"], "user.demographic.date_of_birth"),
    (&["dob"], "user.demographic.date_of_birth"),
    (&["gender"], "user.demographic.gender"),
    (&["sex"], "user.demographic.gender"),
    (&["marital"], "user.demographic.marital_status"),
    (&["nationality"], "user.demographic.race_ethnicity"),
    (&["ethnicity"], "user.demographic.race_ethnicity"),
    (&["religion"], "user.demographic.religious_belief"),
    (&["ssn"], "user.government_id"),
    (&["passport"], "user.government_id.passport_number"),
    (&["national", "id"], "user.government_id"),
    (&["tax", "id"], "user.government_id"),
    (&["vat"], "user.government_id"),
    (&["driver", "license"], "user.government_id"),
    (&["iban"], "user.financial.bank_account"),
    (&["bank"], "user.financial.bank_account"),
    (&["card"], "user.financial.credit_card"),
    (&["cvv"], "user.financial.credit_card"),
    (&["salary"], "user.financial"),
    (&["latitude"], "user.location.precise"),
    (&["longitude"], "user.location.precise"),
    (&["lat"], "user.location.precise"),
    (&["lng"], "user.location.precise"),
    (&["lon"], "user.location.precise"),
    (&["location"], "user.location"),
    (&["diagnosis"], "user.health_and_medical"),
    (&["picture"], "user.content.photo"),
    (&["photo"], "user.content.photo"),
    (&["avatar"], "user.content.photo"),
    (&["company"], "user.workplace"),
    (&["employer"], "user.workplace"),
    (&["hire"], "user.workplace"),
    (&["note"], FREE_TEXT),
    (&["notes"], FREE_TEXT),
    (&["comment"], FREE_TEXT),
    (&["comments"], FREE_TEXT),
    (&["message"], FREE_TEXT),
    (&["body"], FREE_TEXT),
    (&["feedback"], FREE_TEXT),
    (&["remark"], FREE_TEXT),
    (&["remarks"], FREE_TEXT),
    (&["description"], FREE_TEXT),
    (&["bio"], FREE_TEXT),
];

/// May mention other people.
const FREE_TEXT: &str = "user.content";

/// A pointer with such a word in its name means somebody else: who serves the customer, who is the
/// boss, who typed it.
const SOMEBODY_ELSE: &[&str] = &[
    "agent",
    "approver",
    "assigned",
    "assignee",
    "boss",
    "buddy",
    "by",
    "clerk",
    "editor",
    "employee",
    "friend",
    "handler",
    "inviter",
    "manager",
    "mentor",
    "operator",
    "parent",
    "partner",
    "recipient",
    "referrer",
    "rep",
    "reports",
    "representative",
    "sales",
    "seller",
    "spouse",
    "staff",
    "supervisor",
    "support",
    "vendor",
];

const BOOKKEEPING: &[&str] = &[
    "modified", "update", "updated", "version", "inserted", "etag",
];

/// `BillingPostalCode`, `billing_postal_code` and `billing-postal-code` are the same three words.
pub(super) fn split(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        let begins = (c.is_uppercase() && before.is_lowercase())
            || (c.is_numeric() != before.is_numeric() && before.is_alphanumeric());
        if !c.is_alphanumeric() {
            before = c;
            continue;
        }
        if begins || !before.is_alphanumeric() || words.is_empty() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
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

pub(super) fn is_id(name: &str) -> bool {
    split(name)
        .last()
        .is_some_and(|word| word == "id" || word == "uuid")
}

pub(super) fn category(name: &str, shape: Shape) -> Option<&'static str> {
    let words = split(name);
    let has = |word: &&str| words.iter().any(|w| w == word);
    let (_, category) = CATEGORIES
        .iter()
        .find(|(needed, _)| needed.iter().all(has))?;
    let about_time = category.starts_with("user.demographic") || *category == "user.workplace";
    let fits = match shape {
        // `email_verified` and `phone_confirmed_at` say something else.
        Shape::Bool => false,
        Shape::Time => about_time,
        Shape::Bytes => ["user.content.photo"].contains(category) || is_secret(category),
        Shape::Integer | Shape::Number => *category != FREE_TEXT,
        Shape::Text | Shape::Other => true,
    };
    let kept_id = ["user.government_id", "user.device"]
        .iter()
        .any(|kind| category.starts_with(kind));
    (fits && (!is_id(name) || kept_id)).then_some(*category)
}

pub(super) fn identity(category: &str, name: &str) -> Option<Kind> {
    let words = split(name);
    // `email_status` is no address.
    let ends = |with: &[&str]| {
        words
            .last()
            .is_some_and(|word| with.contains(&word.as_str()))
    };
    match category {
        "user.contact.email" if ends(&["email", "mail", "address"]) => Some(Kind::Email),
        "user.contact.phone_number"
            if ends(&[
                "phone",
                "mobile",
                "cellphone",
                "telephone",
                "tel",
                "number",
                "msisdn",
            ]) =>
        {
            Some(Kind::Phone)
        }
        "user.account.username" if ends(&["username", "name", "login"]) => Some(Kind::Username),
        _ => None,
    }
}

/// The column holds a name or a way to reach somebody: reason enough to look at the table.
pub(super) fn names_someone(name: &str, shape: Shape) -> bool {
    category(name, shape).is_some_and(|category| {
        category.starts_with("user.name")
            || [
                "user.contact.email",
                "user.contact.phone_number",
                "user.account.username",
            ]
            .contains(&category)
    })
}

/// The column says where somebody lives or can be called, more than a city's name does.
pub(super) fn is_an_address(name: &str, shape: Shape) -> bool {
    category(name, shape).is_some_and(|category| {
        ["street", "postal_code", "phone_number"]
            .iter()
            .any(|end| category.ends_with(end))
    })
}

pub(super) fn is_secret(category: &str) -> bool {
    category.starts_with("user.authorization")
}

pub(super) fn is_free_text(category: &str) -> bool {
    category == FREE_TEXT
}

pub(super) fn is_bookkeeping(name: &str) -> bool {
    split(name)
        .iter()
        .any(|word| BOOKKEEPING.contains(&word.as_str()))
}

pub(super) fn means_somebody_else(column: &str) -> bool {
    split(column)
        .iter()
        .any(|word| SOMEBODY_ELSE.contains(&word.as_str()))
}

/// A column of a person's row that is no contact: what they did, when, for how much.
pub(super) fn of_an_event(name: &str, shape: Shape) -> &'static str {
    let words = split(name);
    let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    if has(&["amount", "total", "price", "paid", "balance", "cost"]) {
        return "user.financial";
    }
    match shape {
        Shape::Time => "user.behavior",
        Shape::Bool
        | Shape::Integer
        | Shape::Number
        | Shape::Text
        | Shape::Bytes
        | Shape::Other => "user",
    }
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
        ] {
            assert_eq!(split(name), ["billing", "postal", "code"], "{name}");
        }
        assert_eq!(split("address2"), ["address", "2"]);
        assert_eq!(title("invoice_line"), "Invoice line");
    }

    #[test]
    fn words_are_told_from_their_neighbours() {
        let of = |name| category(name, Shape::Text);
        assert_eq!(of("EMail"), Some("user.contact.email"));
        assert_eq!(of("support_email"), Some("user.contact.email"));
        assert_eq!(of("shipping_address"), Some("user.contact.address.street"));
        assert_eq!(of("address_id"), None);
        assert_eq!(of("device_id"), Some("user.device.device_id"));
        assert_eq!(of("chip"), None);
        assert_eq!(of("relation"), None);
        assert_eq!(of("title"), None);
        assert_eq!(of("password_hash"), Some("user.authorization.password"));
        assert_eq!(category("email_verified", Shape::Bool), None);
        assert_eq!(
            category("birth_date", Shape::Time),
            Some("user.demographic.date_of_birth")
        );
    }

    #[test]
    fn who_is_meant_is_told_by_the_column() {
        for other in [
            "SupportRepId",
            "reports_to",
            "manager_staff_id",
            "created_by",
        ] {
            assert!(means_somebody_else(other), "{other}");
        }
        for own in ["customer_id", "CustomerId", "user_id", "author_id"] {
            assert!(!means_somebody_else(own), "{own}");
        }
    }
}
