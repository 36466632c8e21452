//! The databases of the make-believe company: invented, and the same every time.

mod people;
mod random;
mod shop;
mod support;
mod words;

use std::path::Path;

use jiff::{ToSpan, civil::date};
use rusqlite::{Connection, Transaction};

use people::{ASKS, LEAVES, OPTS_OUT, People};
use random::Random;

const SEED: u64 = 0x1a4c_4e2d;

/// Those whom the stories are about, by the address under which the shop knows them.
pub struct Cast {
    pub asks: Subject,
    pub leaves: Subject,
    pub opts_out: Subject,
    /// Whom somebody who clicks through the portal may play: the housemate of the one who asks.
    pub visitor: Subject,
}

pub struct Subject {
    pub name: String,
    pub email: String,
}

/// Makes both files; they must not be there yet.
pub fn make(shop: &Path, support: &Path) -> rusqlite::Result<Cast> {
    let mut random = Random::new(SEED);
    let people = People::invent(&mut random);
    fill(shop, include_str!("../schema/shop.sql"), |tx| {
        shop::fill(tx, &people, &mut random)
    })?;
    fill(support, include_str!("../schema/support.sql"), |tx| {
        support::fill(tx, &people, &mut random)
    })?;
    let subject = |at: usize| Subject {
        name: people.customers[at].name.clone(),
        email: people.customers[at].email.clone(),
    };
    Ok(Cast {
        asks: subject(ASKS),
        leaves: subject(LEAVES),
        opts_out: subject(OPTS_OUT),
        visitor: subject(ASKS + 1),
    })
}

fn fill(
    path: &Path,
    schema: &str,
    rows: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch("pragma foreign_keys = on;")?;
    connection.execute_batch(schema)?;
    let tx = connection.transaction()?;
    rows(&tx)?;
    tx.commit()
}

/// A day of the last years.
fn day(random: &mut Random) -> String {
    let days = random.below(1900) as i64;
    date(2021, 2, 1).saturating_add(days.days()).to_string()
}

fn instant(random: &mut Random) -> String {
    let (day, hour, minute) = (day(random), random.below(24), random.below(60));
    format!("{day}T{hour:02}:{minute:02}:00Z")
}

#[cfg(test)]
mod tests;
