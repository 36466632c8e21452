//! What a handful of values looks like: pure recognisers over texts.
//!
//! Gives back kinds and never a value. A kind needs nearly all of the values, and the more easily
//! chance makes such a text the more values it needs.

use super::categories::{BANK, BIRTH, CARD, EMAIL, IP, NATIONAL_ID, PHONE};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    Email,
    Phone,
    BankAccount,
    PaymentCard,
    IpAddress,
    BirthDate,
    NationalId,
}

impl Likeness {
    const ALL: [Likeness; 7] = [
        Likeness::Email,
        Likeness::BankAccount,
        Likeness::IpAddress,
        Likeness::NationalId,
        Likeness::PaymentCard,
        Likeness::BirthDate,
        Likeness::Phone,
    ];

    pub fn category(self) -> &'static str {
        match self {
            Likeness::Email => EMAIL,
            Likeness::Phone => PHONE,
            Likeness::BankAccount => BANK,
            Likeness::PaymentCard => CARD,
            Likeness::IpAddress => IP,
            Likeness::BirthDate => BIRTH,
            Likeness::NationalId => NATIONAL_ID,
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            Likeness::Email => "e-mail addresses",
            Likeness::Phone => "telephone numbers",
            Likeness::BankAccount => "bank accounts (IBAN)",
            Likeness::PaymentCard => "payment card numbers",
            Likeness::IpAddress => "IP addresses",
            Likeness::BirthDate => "dates of birth",
            Likeness::NationalId => "national identity numbers",
        }
    }

    fn fits(self, value: &str) -> bool {
        match self {
            Likeness::Email => is_email(value),
            Likeness::Phone => is_phone(value),
            Likeness::BankAccount => is_iban(value),
            Likeness::PaymentCard => is_card(value),
            Likeness::IpAddress => is_ip(value),
            Likeness::BirthDate => year(value).is_some_and(|year| (1900..2025).contains(&year)),
            Likeness::NationalId => is_national_id(value),
        }
    }

    /// Fewer values prove nothing.
    fn needs(self) -> usize {
        match self {
            Likeness::Email | Likeness::BankAccount | Likeness::IpAddress => 1,
            Likeness::Phone | Likeness::NationalId => 3,
            // One number in ten has a right check digit by chance.
            Likeness::PaymentCard => 5,
            Likeness::BirthDate => 8,
        }
    }
}

/// What was learnt about one column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Impression {
    pub likeness: Option<Likeness>,
    /// Values that were not empty.
    pub values: usize,
    /// None of them is an e-mail address.
    pub no_email: bool,
    /// None of them is an IP address.
    pub no_ip: bool,
}

pub(crate) fn impression(values: &[String]) -> Impression {
    let values: Vec<&str> = values
        .iter()
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
        .collect();
    let likeness = Likeness::ALL.into_iter().find(|kind| {
        let fitting = values.iter().filter(|value| kind.fits(value)).count();
        let spread = *kind != Likeness::BirthDate || is_of_generations(&values);
        values.len() >= kind.needs() && fitting * 10 >= values.len() * 9 && spread
    });
    Impression {
        likeness,
        values: values.len(),
        no_email: !values.iter().any(|value| is_email(value)),
        no_ip: !values.iter().any(|value| is_ip(value)),
    }
}

fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else {
        return false;
    };
    let labels: Vec<&str> = domain.split('.').collect();
    let plain =
        |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    (1..=64).contains(&local.len())
        && !local.contains(|c: char| c.is_whitespace() || c == '@' || c == '/' || c == ':')
        && labels.len() > 1
        && labels.iter().all(plain)
        && labels
            .last()
            .is_some_and(|top| top.len() > 1 && !top.chars().all(|c| c.is_ascii_digit()))
}

/// With a plus, or with the signs that people put between the digits. A bare number could be
/// anything, and so could a date.
fn is_phone(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let known = value
        .chars()
        .all(|c| c.is_ascii_digit() || "+()-./ ".contains(c));
    let marked = value.starts_with('+')
        || value.starts_with("00")
        || value.starts_with('(')
        || value.contains(['-', ' ', '/']) && value.starts_with('0')
        || is_north_american(value);
    known && marked && (7..=15).contains(&digits) && year(value).is_none() && !is_ip(value)
}

/// Three, three and four digits.
fn is_north_american(value: &str) -> bool {
    let groups: Vec<usize> = value.split(['-', '.', ' ']).map(str::len).collect();
    groups == [3, 3, 4]
}

/// ISO 13616: the rest of 97 of the rearranged digits is 1.
fn is_iban(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| *c != ' ').collect();
    let bytes = plain.as_bytes();
    let shaped = (15..=34).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric);
    shaped && {
        let turned = plain[4..].chars().chain(plain[..4].chars());
        let digits = turned.flat_map(|c| c.to_digit(36).map(|n| n.to_string()));
        rest(&digits.collect::<String>(), 97) == 1
    }
}

fn rest(digits: &str, by: u32) -> u32 {
    digits
        .chars()
        .filter_map(|c| c.to_digit(10))
        .fold(0, |rest, digit| (rest * 10 + digit) % by)
}

/// ISO/IEC 7812: a first digit that card schemes use and a right check digit (Luhn).
fn is_card(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !" -".contains(*c)).collect();
    (13..=19).contains(&plain.len())
        && plain.chars().all(|c| c.is_ascii_digit())
        && plain.starts_with(['3', '4', '5', '6', '2'])
        && is_luhn(&plain)
        && plain.chars().any(|c| !plain.starts_with(c))
}

fn is_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(n, digit)| match n % 2 {
            0 => digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

fn is_ip(value: &str) -> bool {
    let address = value.split_once('/').map_or(value, |(address, _)| address);
    address.parse::<std::net::IpAddr>().is_ok()
}

/// The year of `2001-03-04`, `04.03.2001` or `3/4/2001`, with or without a time.
fn year(value: &str) -> Option<u32> {
    let date = value.split(['T', ' ']).next()?;
    let parts: Vec<&str> = date.split(['-', '.', '/']).collect();
    let [a, b, c] = parts[..] else { return None };
    let number = |part: &str| part.parse::<u32>().ok();
    let (year, others) = match (a.len(), c.len()) {
        (4, 1..=2) => (a, [b, c]),
        (1..=2, 4) => (c, [a, b]),
        _ => return None,
    };
    let possible = others
        .iter()
        .all(|part| number(part).is_some_and(|n| (1..=31).contains(&n)));
    number(year).filter(|_| possible)
}

/// Dates that lie a working life apart, and long ago: what happened in a business lies closer.
fn is_of_generations(values: &[&str]) -> bool {
    let years: Vec<u32> = values.iter().filter_map(|value| year(value)).collect();
    let (Some(first), Some(last)) = (years.iter().min(), years.iter().max()) else {
        return false;
    };
    last - first >= 25 && *first < 1990
}

/// Numbers with a shape or check digits of their own: USA, Great Britain, Spain, Italy, France,
/// Brazil, Poland, Sweden.
fn is_national_id(value: &str) -> bool {
    let shape: String = value
        .chars()
        .map(|c| match c {
            c if c.is_ascii_digit() => '9',
            c if c.is_ascii_uppercase() => 'A',
            c => c,
        })
        .collect();
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let digit = |n: usize| digits.as_bytes().get(n).map_or(0, |c| u32::from(c - b'0'));
    match shape.as_str() {
        "999-99-9999" => !value.starts_with("000") && !value.starts_with('9'),
        "AA999999A" => value.ends_with(['A', 'B', 'C', 'D']),
        "99999999A" => {
            let letters = b"TRWAGMYFPDXBNJZSQVHLCKE";
            value.as_bytes().get(8) == letters.get(rest(&digits, 23) as usize)
        }
        "AAAAAA99A99A999A" => true,
        "999999999999999" => {
            let (number, key) = digits.split_at(13);
            value.starts_with(['1', '2']) && key.parse() == Ok(97 - rest(number, 97))
        }
        "999.999.999-99" => {
            let check = |length: usize| {
                let sum: u32 = (0..length)
                    .map(|n| digit(n) * (length as u32 + 1 - n as u32))
                    .sum();
                sum * 10 % 11 % 10 == digit(length)
            };
            check(9) && check(10)
        }
        "99999999999" => {
            let weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];
            let sum: u32 = weights
                .iter()
                .enumerate()
                .map(|(n, weight)| digit(n) * weight)
                .sum();
            let month = digit(2) % 2 * 10 + digit(3);
            (10 - sum % 10) % 10 == digit(10) && (1..=12).contains(&month)
        }
        "999999-9999" => is_luhn(&digits),
        "99999999-9999" => is_luhn(&digits[2..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(values: &[&str]) -> Option<Likeness> {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        impression(&values).likeness
    }

    #[test]
    fn values_are_told_by_what_they_are() {
        use Likeness::*;
        for (values, expected) in [
            (&["ada@example.org", " ben@mail.example.co.uk "][..], Email),
            (
                &["+49 30 1234567", "+1-202-555-0143", "(020) 7946 0018"],
                Phone,
            ),
            (&["202-555-0143", "202-555-0199", "312.555.0121"], Phone),
            (
                &["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
                BankAccount,
            ),
            (
                &[
                    "4111111111111111",
                    "5500 0000 0000 0004",
                    "340000000000009",
                    "6011000000000004",
                    "4012888888881881",
                ],
                PaymentCard,
            ),
            (&["192.0.2.7", "2001:db8::1", "198.51.100.0/24"], IpAddress),
            (
                &[
                    "1947-03-12",
                    "1988-01-02",
                    "2001-11-30",
                    "1969-07-20",
                    "1990-05-05",
                    "1975-09-09",
                    "1982-02-28",
                    "1999-12-31",
                ],
                BirthDate,
            ),
            (&["078-05-1120", "219-09-9999", "457-55-5462"], NationalId),
            (&["12345678Z", "87654321X", "00000000T"], NationalId),
            (
                &["529.982.247-25", "111.444.777-35", "529.982.247-25"],
                NationalId,
            ),
            (
                &["RSSMRA85T10A562S", "BNCLCU90A41F205X", "VRDGPP60R15H501N"],
                NationalId,
            ),
            (&["44051401458", "44051401458", "02070803628"], NationalId),
        ] {
            assert_eq!(look(values), Some(expected), "{values:?}");
        }
    }

    #[test]
    fn what_only_resembles_is_nothing() {
        for values in [
            &[][..],
            &["@ada", "ada@", "ada@localhost", "https://ada@example.org/x"],
            &[
                "2024-01-01",
                "2024-02-01",
                "2023-03-01",
                "2024-04-01",
                "2022-01-05",
                "2021-01-06",
                "2024-01-07",
                "2024-01-08",
            ],
            &["1234567890", "2345678901", "3456789012"],
            &[
                "4111111111111112",
                "4111111111111113",
                "4111111111111114",
                "4111111111111115",
                "4111111111111116",
            ],
            &["1.2.3", "2.0.1", "10.4"],
            &["DE00 3704 0044 0532 0130 00"],
            &[
                "9f86d081884c7d659a2feaa0c55ad015",
                "60303ae22b998861bce3b28f33eec1be",
            ],
            &["Ada", "Ben", "x@y.example"],
        ] {
            assert_eq!(look(values), None, "{values:?}");
        }
    }

    #[test]
    fn one_stray_value_in_ten_changes_nothing() {
        let mut values = vec!["ada@example.org"; 9];
        values.push("unknown");
        assert_eq!(look(&values), Some(Likeness::Email));
        values.push("n/a");
        assert_eq!(look(&values), None);
    }
}
