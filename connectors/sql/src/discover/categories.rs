//! Which fideslang category a column's name and type suggest.
//!
//! Names only: what a comment or the values add is in `meaning`. A name that only mentions a thing
//! (`email_verified`, `last_login_at`, `address_type`) is not that thing.

use super::words;
use crate::Shape;

/// What a person can be found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Email,
    Phone,
    Username,
}

pub(super) const EMAIL: &str = "user.contact.email";
pub(super) const PHONE: &str = "user.contact.phone_number";
pub(super) const USERNAME: &str = "user.account.username";
pub(super) const NAME: &str = "user.name";
pub(super) const IP: &str = "user.device.ip_address";
pub(super) const BIRTH: &str = "user.demographic.date_of_birth";
pub(super) const CARD: &str = "user.financial.credit_card";
pub(super) const BANK: &str = "user.financial.bank_account";
pub(super) const NATIONAL_ID: &str = "user.government_id";
/// May mention other people.
const FREE_TEXT: &str = "user.content";
const CREDENTIALS: &str = "user.authorization.credentials";
const PASSWORD: &str = "user.authorization.password";
const STREET: &str = "user.contact.address.street";
const WORKPLACE: &str = "user.professional_information.workplace";
const LICENSE: &str = "user.government_id.drivers_license_number";
pub(super) const JOB: &str = "user.professional_information.job_title";
const STATE: &str = "user.contact.address.state";

/// All words of a row must be among the words of the name; the first row that fits the name and the
/// type decides.
const CATEGORIES: &[(&[&str], &str)] = &[
    (&["ip", "address"], IP),
    (&["ipaddress"], IP),
    (&["ip", "addr"], IP),
    (&["mac", "address"], "user.device.device_id"),
    (&["wallet", "address"], "user.financial"),
    (&["email"], EMAIL),
    (&["emails"], EMAIL),
    (&["mail"], EMAIL),
    (&["password"], PASSWORD),
    (&["passwd"], PASSWORD),
    (&["pwd"], PASSWORD),
    (&["passphrase"], PASSWORD),
    (&["passcode"], PASSWORD),
    (&["pass", "hash"], PASSWORD),
    (&["pw", "hash"], PASSWORD),
    (&["salt"], PASSWORD),
    (&["security", "question"], PASSWORD),
    (&["security", "answer"], PASSWORD),
    (&["secret"], CREDENTIALS),
    (&["token"], CREDENTIALS),
    (&["pin"], CREDENTIALS),
    (&["otp"], CREDENTIALS),
    (&["totp"], CREDENTIALS),
    (&["api", "key"], CREDENTIALS),
    (&["private", "key"], CREDENTIALS),
    (&["recovery", "codes"], CREDENTIALS),
    (&["username"], USERNAME),
    (&["user", "name"], USERNAME),
    (&["login"], USERNAME),
    (&["screen", "name"], USERNAME),
    (&["user", "login"], USERNAME),
    (&["ip"], IP),
    (&["ipv"], IP),
    (&["user", "agent"], "user.device"),
    (&["useragent"], "user.device"),
    (&["browser"], "user.device"),
    (&["cookie"], "user.device.cookie_id"),
    (&["device"], "user.device.device_id"),
    (&["imei"], "user.device.device_id"),
    (&["idfa"], "user.device.device_id"),
    (&["gaid"], "user.device.device_id"),
    (&["fax"], "user.contact.fax_number"),
    (&["phone"], PHONE),
    (&["phones"], PHONE),
    (&["mobile"], PHONE),
    (&["cellphone"], PHONE),
    (&["telephone"], PHONE),
    (&["tel"], PHONE),
    (&["msisdn"], PHONE),
    (&["whatsapp"], PHONE),
    (&["company", "name"], WORKPLACE),
    (&["account", "holder"], NAME),
    (&["cardholder"], NAME),
    (&["card", "holder"], NAME),
    (&["first", "name"], "user.name.first"),
    (&["firstname"], "user.name.first"),
    (&["fname"], "user.name.first"),
    (&["given", "name"], "user.name.first"),
    (&["forename"], "user.name.first"),
    (&["last", "name"], "user.name.last"),
    (&["lastname"], "user.name.last"),
    (&["lname"], "user.name.last"),
    (&["family", "name"], "user.name.last"),
    (&["surname"], "user.name.last"),
    (&["full", "name"], NAME),
    (&["fullname"], NAME),
    (&["middle", "name"], NAME),
    (&["display", "name"], NAME),
    (&["legal", "name"], NAME),
    (&["real", "name"], NAME),
    (&["maiden", "name"], NAME),
    (&["preferred", "name"], NAME),
    (&["nickname"], NAME),
    (&["customer", "name"], NAME),
    (&["client", "name"], NAME),
    (&["patient", "name"], NAME),
    (&["employee", "name"], NAME),
    (&["person", "name"], NAME),
    (&["guest", "name"], NAME),
    (&["author", "name"], NAME),
    (&["sender", "name"], NAME),
    (&["ship", "name"], NAME),
    (&["billing", "name"], NAME),
    (&["shipping", "name"], NAME),
    (&["contact", "name"], NAME),
    (&["recipient"], NAME),
    (&["payer"], NAME),
    (&["salutation"], NAME),
    (&["postal"], "user.contact.address.postal_code"),
    (&["postcode"], "user.contact.address.postal_code"),
    (&["zip"], "user.contact.address.postal_code"),
    (&["zipcode"], "user.contact.address.postal_code"),
    (&["city"], "user.contact.address.city"),
    (&["town"], "user.contact.address.city"),
    (&["country"], "user.contact.address.country"),
    (&["state"], STATE),
    (&["province"], STATE),
    (&["region"], STATE),
    (&["district"], STATE),
    (&["county"], STATE),
    (&["street"], STREET),
    (&["address"], STREET),
    (&["addr"], STREET),
    (&["birthplace"], "user.demographic"),
    (&["place", "birth"], "user.demographic"),
    (&["birth", "name"], NAME),
    (&["birth"], BIRTH),
    (&["birthday"], BIRTH),
    (&["birthdate"], BIRTH),
    (&["dob"], BIRTH),
    (&["born"], BIRTH),
    (&["age"], "user.demographic.age_range"),
    (&["gender"], "user.demographic.gender"),
    (&["sex"], "user.demographic.gender"),
    (&["pronouns"], "user.demographic.gender"),
    (&["marital", "status"], "user.demographic.marital_status"),
    (&["marital"], "user.demographic.marital_status"),
    (
        &["nationality"],
        "user.demographic.citizenship_or_immigration_status",
    ),
    (&["ethnicity"], "user.demographic.race_ethnicity"),
    (&["race"], "user.demographic.race_ethnicity"),
    (&["religion"], "user.demographic.religious_belief"),
    (
        &["sexual", "orientation"],
        "user.demographic.sexual_orientation",
    ),
    (&["political"], "user.demographic.political_opinion"),
    (&["locale"], "user.demographic.language"),
    (&["language"], "user.demographic.language"),
    (&["ssn"], NATIONAL_ID),
    (&["passport"], "user.government_id.passport_number"),
    (&["national", "id"], NATIONAL_ID),
    (&["national", "insurance"], NATIONAL_ID),
    (&["social", "security"], NATIONAL_ID),
    (&["tax", "id"], NATIONAL_ID),
    (&["tax", "number"], NATIONAL_ID),
    (&["taxpayer"], NATIONAL_ID),
    (&["vat", "id"], NATIONAL_ID),
    (&["vat", "number"], NATIONAL_ID),
    (&["vat", "no"], NATIONAL_ID),
    (&["driver", "license"], LICENSE),
    (&["drivers", "license"], LICENSE),
    (&["driving", "licence"], LICENSE),
    (
        &["license", "plate"],
        "user.government_id.vehicle_registration",
    ),
    (&["cpf"], NATIONAL_ID),
    (&["pesel"], NATIONAL_ID),
    (&["personnummer"], NATIONAL_ID),
    (&["iban"], BANK),
    (&["bic"], BANK),
    (&["bank"], BANK),
    (&["sort", "code"], BANK),
    (&["routing", "number"], BANK),
    (&["account", "number"], BANK),
    (&["credit", "card"], CARD),
    (&["debit", "card"], CARD),
    (&["card", "number"], CARD),
    (&["card", "no"], CARD),
    (&["card", "expiry"], CARD),
    (&["card", "exp"], CARD),
    (&["card", "last"], CARD),
    (&["card", "brand"], CARD),
    (&["last", "4"], CARD),
    (&["cc", "number"], CARD),
    (&["ccnumber"], CARD),
    (&["cvv"], CARD),
    (&["cvc"], CARD),
    (&["salary"], "user.financial"),
    (&["wage"], "user.financial"),
    (&["income"], "user.financial"),
    (&["credit", "score"], "user.financial"),
    (&["credit", "limit"], "user.financial"),
    (&["latitude"], "user.location.precise"),
    (&["longitude"], "user.location.precise"),
    (&["lat"], "user.location.precise"),
    (&["lng"], "user.location.precise"),
    (&["lon"], "user.location.precise"),
    (&["gps"], "user.location.precise"),
    (&["coordinates"], "user.location.precise"),
    (&["geolocation"], "user.location.precise"),
    (&["location"], "user.location"),
    (&["diagnosis"], "user.health"),
    (&["medical"], "user.health"),
    (&["medication"], "user.health"),
    (&["allergies"], "user.health"),
    (&["blood", "type"], "user.health"),
    (&["blood"], "user.health"),
    (&["disability"], "user.health"),
    (&["symptoms"], "user.health"),
    (&["insurance", "number"], "user.health"),
    (&["biometric"], "user.biometrics"),
    (&["picture"], "user.content.self_image"),
    (&["photo"], "user.content.self_image"),
    (&["avatar"], "user.content.self_image"),
    (&["selfie"], "user.content.self_image"),
    (&["headshot"], "user.content.self_image"),
    (&["job", "title"], JOB),
    (&["occupation"], JOB),
    (&["profession"], JOB),
    (&["company"], WORKPLACE),
    (&["employer"], WORKPLACE),
    (&["hire"], WORKPLACE),
    (&["hired"], WORKPLACE),
    (&["website"], "user.contact.social_url"),
    (&["homepage"], "user.contact.social_url"),
    (&["twitter"], "user.contact.social_url"),
    (&["facebook"], "user.contact.social_url"),
    (&["linkedin"], "user.contact.social_url"),
    (&["instagram"], "user.contact.social_url"),
    (&["skype"], "user.contact.social_url"),
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
    (&["biography"], FREE_TEXT),
    (&["about", "me"], FREE_TEXT),
];

/// A name that ends so speaks about the thing: when, how often, whether.
const ABOUT: &[&str] = &[
    "active",
    "algorithm",
    "at",
    "attempt",
    "attempts",
    "blacklist",
    "bounced",
    "bounces",
    "clicks",
    "color",
    "colour",
    "confirmed",
    "consent",
    "count",
    "counter",
    "delivered",
    "digest",
    "disabled",
    "enabled",
    "encoding",
    "error",
    "errors",
    "expired",
    "expires",
    "failures",
    "flag",
    "folder",
    "font",
    "format",
    "frequency",
    "height",
    "id",
    "index",
    "interval",
    "kind",
    "label",
    "layout",
    "length",
    "limit",
    "on",
    "opened",
    "optin",
    "optout",
    "order",
    "policy",
    "position",
    "prefix",
    "preference",
    "preferences",
    "price",
    "priority",
    "provider",
    "queue",
    "quota",
    "rate",
    "reason",
    "required",
    "retries",
    "rules",
    "schema",
    "score",
    "seen",
    "sent",
    "settings",
    "size",
    "sort",
    "status",
    "subject",
    "template",
    "time",
    "times",
    "total",
    "tries",
    "type",
    "unsubscribed",
    "validated",
    "verified",
    "version",
    "visibility",
    "visible",
    "weight",
    "width",
];

/// A name that begins so asks or counts.
const ASKS: &[&str] = &[
    "allow", "allows", "avg", "can", "count", "enable", "has", "hide", "is", "max", "min", "needs",
    "num", "requires", "send", "show", "total", "use", "wants",
];

/// Words beside which a secret is no person's: a checksum, a counter of what a model read.
const NO_PERSONS_SECRET: &[&str] = &["contract", "max", "nft", "symbol", "tax"];

pub(super) fn category(name: &str, shape: Shape) -> Option<&'static str> {
    let words = words::split(name);
    let has = |word: &&str| words.iter().any(|w| w == word);
    let is_id = words::is_id(name);
    let (_, category) = CATEGORIES.iter().find(|(needed, category)| {
        needed.iter().all(has)
            && fits(category, shape)
            && !is_about(&words, needed, category, shape)
            && (!is_id || keeps_its_id(category, shape))
    })?;
    Some(category)
}

/// The name says what it holds and nothing else: `email`, `first_name`.
pub(super) fn is_the_word_for_something(name: &str) -> bool {
    let words = words::split(name);
    CATEGORIES.iter().any(|(needed, _)| {
        words.len() == needed.len() && needed.iter().all(|n| words.contains(&(*n).to_owned()))
    })
}

/// A value of this type can be such a thing: `email_verified` is none, being true or false.
fn fits(category: &str, shape: Shape) -> bool {
    match shape {
        Shape::Bool => false,
        Shape::Time => [BIRTH, WORKPLACE].contains(&category),
        Shape::Bytes => {
            ["user.content.self_image", "user.biometrics", IP].contains(&category)
                || is_secret(category)
        }
        Shape::Integer | Shape::Number => {
            [
                PHONE,
                "user.contact.fax_number",
                IP,
                CARD,
                "user.location.precise",
            ]
            .contains(&category)
                || [
                    "user.contact.address.postal_code",
                    "user.demographic",
                    "user.government_id",
                    "user.financial",
                    "user.authorization",
                    "user.health",
                ]
                .iter()
                .any(|kind| category.starts_with(kind))
        }
        Shape::Text | Shape::Other => true,
    }
}

/// Whether the name only speaks about the thing.
fn is_about(words: &[String], needed: &[&str], category: &str, shape: Shape) -> bool {
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return false;
    };
    let named = |word: &String| needed.contains(&word.as_str());
    // `born_on` is the day itself.
    let day = shape == Shape::Time && fits(category, Shape::Time);
    let ends = ABOUT.contains(&last.as_str()) && !named(last) && last != "id" && !day;
    let begins = ASKS.contains(&first.as_str()) && !named(first);
    // `last_login` is a moment and `login_ip` an address; `login` is a name.
    let moment =
        needed == ["login"] && words.len() > 1 && !["user", "account"].contains(&first.as_str());
    let dated = last == "date" && !fits(category, Shape::Time);
    // An order is in a state, too.
    let in_a_state = needed == ["state"]
        && !(words.len() == 1 && shape == Shape::Text)
        && !words.iter().any(|word| {
            [
                "address", "billing", "shipping", "home", "province", "code", "name", "region",
            ]
            .contains(&word.as_str())
        });
    let no_secret = is_secret(category)
        && words
            .iter()
            .any(|word| NO_PERSONS_SECRET.contains(&word.as_str()));
    ends || begins || moment || dated || in_a_state || no_secret
}

/// Names such as `device_id` and `tax_id` are the thing itself; `email_id` is an address where it
/// is a text.
fn keeps_its_id(category: &str, shape: Shape) -> bool {
    ["user.government_id", "user.device"]
        .iter()
        .any(|kind| category.starts_with(kind))
        || category == EMAIL && shape == Shape::Text
}

pub(super) fn identity(category: &str, name: &str) -> Option<Kind> {
    let words = words::split(name);
    // `email_domain` is no address.
    let ends = |with: &[&str]| {
        words
            .last()
            .is_some_and(|word| with.contains(&word.as_str()) || word.parse::<u8>().is_ok())
    };
    let ours = |with: &[&str], kind| ends(with).then_some(kind);
    match category {
        EMAIL => ours(&["email", "mail", "address", "id", "addr"], Kind::Email),
        PHONE => ours(
            &[
                "phone",
                "mobile",
                "cellphone",
                "telephone",
                "tel",
                "number",
                "no",
                "msisdn",
                "whatsapp",
            ],
            Kind::Phone,
        ),
        USERNAME => ours(&["username", "name", "login"], Kind::Username),
        _ => None,
    }
}

/// Enough to look at a table that nothing else leads to.
pub(super) fn names_someone(category: &str) -> bool {
    category.starts_with(NAME) || [EMAIL, PHONE, USERNAME].contains(&category)
}

/// Says where somebody lives or can be called, more than a city's name does.
pub(super) fn is_an_address(category: &str) -> bool {
    ["street", "postal_code", "phone_number"]
        .iter()
        .any(|end| category.ends_with(end))
}

/// What is about one person wherever it stands: a row of theirs that holds it is no lookup table.
pub(super) fn is_telling(category: &str) -> bool {
    is_an_address(category)
        || category.starts_with(NAME)
        || [EMAIL, BIRTH].contains(&category)
        || [NATIONAL_ID, BANK, CARD, "user.health"]
            .iter()
            .any(|kind| category.starts_with(kind))
}

pub(super) fn is_secret(category: &str) -> bool {
    category.starts_with("user.authorization")
}

pub(super) fn is_free_text(category: &str) -> bool {
    category == FREE_TEXT
}

/// A column of a person's row that is no contact: what they did, when, for how much.
pub(super) fn of_an_event(name: &str, shape: Shape) -> &'static str {
    let words = words::split(name);
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

/// A category that is known by this very name.
pub(super) fn known(key: &str) -> Option<&'static str> {
    CATEGORIES
        .iter()
        .map(|(_, category)| *category)
        .find(|category| *category == key)
}

#[cfg(test)]
mod tests;
