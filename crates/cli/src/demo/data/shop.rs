//! Fills the shop.

use rusqlite::{Transaction, params};

use super::{
    day, instant,
    people::{LEAVES, OPTS_OUT, People, Person, RECOMMENDED},
    random::Random,
    words::{BROWSERS, DELIVERY_NOTES, PRODUCTS, REVIEWS},
};

const STAFF: &[(&str, &str, &str)] = &[
    ("Ada Linde", "ada.linde@shop.example", "Sales"),
    ("Ivo Brandt", "ivo.brandt@shop.example", "Sales"),
    ("Mina Sørli", "mina.sorli@shop.example", "Warehouse"),
];

pub fn fill(tx: &Transaction<'_>, people: &People, random: &mut Random) -> rusqlite::Result<()> {
    for address in &people.addresses {
        tx.execute(
            "insert into address values (?, ?, ?, ?, ?)",
            params![
                address.id,
                address.street,
                address.postcode,
                address.city,
                address.country
            ],
        )?;
    }
    for (n, (name, email, role)) in STAFF.iter().enumerate() {
        tx.execute(
            "insert into staff values (?, ?, ?, ?)",
            params![n as i64 + 1, name, email, role],
        )?;
    }
    for (n, (name, price)) in PRODUCTS.iter().enumerate() {
        tx.execute(
            "insert into product values (?, ?, ?)",
            params![n as i64 + 1, name, price],
        )?;
    }
    for (at, person) in people.customers.iter().enumerate() {
        customer(tx, at, person, random)?;
        for _ in 0..at_least_for_stories(at, random.below(4)) {
            order(tx, person, random)?;
        }
        if at_least_for_stories(at, random.below(3)) > 1 {
            review(tx, person, random)?;
        }
        for _ in 0..1 + random.below(4) {
            login(tx, person, random)?;
        }
    }
    Ok(())
}

/// The people of the stories have something to tell.
fn at_least_for_stories(at: usize, drawn: usize) -> usize {
    if at <= OPTS_OUT { drawn.max(2) } else { drawn }
}

fn customer(
    tx: &Transaction<'_>,
    at: usize,
    person: &Person,
    random: &mut Random,
) -> rusqlite::Result<()> {
    let drawn = (at > RECOMMENDED && random.percent(12)).then(|| random.below(at));
    let referred_by = match at {
        RECOMMENDED => Some(LEAVES),
        // Nobody else, so that the story's numbers stay what they are.
        _ => drawn.filter(|by| *by > RECOMMENDED),
    };
    tx.execute(
        "insert into customer values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            person.id,
            person.customer_no,
            person.email,
            person.name,
            person.phone,
            person.born_on.to_string(),
            format!("$argon2id$make-believe${:08x}", random.below(1 << 32)),
            at == OPTS_OUT || random.percent(55),
            person.address,
            random.percent(40).then(|| 1 + random.below(2) as i64),
            referred_by.map(|by| by as i64 + 1),
            day(random),
            instant(random),
        ],
    )?;
    Ok(())
}

fn order(tx: &Transaction<'_>, person: &Person, random: &mut Random) -> rusqlite::Result<()> {
    let placed_on = day(random);
    let note = random.percent(25).then(|| *random.pick(DELIVERY_NOTES));
    tx.execute(
        "insert into orders values (null, ?, ?, ?, 'delivered', 0, ?)",
        params![person.id, person.address, placed_on, note],
    )?;
    let id = tx.last_insert_rowid();
    let mut total = 0;
    for line in 1..=1 + random.below(4) {
        let product = random.below(PRODUCTS.len());
        let quantity = 1 + random.below(3) as i64;
        total += quantity * PRODUCTS[product].1;
        tx.execute(
            "insert into order_line values (?, ?, ?, ?, ?)",
            params![
                id,
                line as i64,
                product as i64 + 1,
                quantity,
                PRODUCTS[product].1
            ],
        )?;
    }
    tx.execute(
        "update orders set total_cents = ? where id = ?",
        params![total, id],
    )?;
    let card = random
        .percent(70)
        .then(|| format!("{:04}", random.below(10_000)));
    let method = if card.is_some() { "card" } else { "transfer" };
    tx.execute(
        "insert into payment values (null, ?, ?, ?, ?, ?, ?, ?)",
        params![id, person.id, person.name, method, card, total, placed_on],
    )?;
    Ok(())
}

fn review(tx: &Transaction<'_>, person: &Person, random: &mut Random) -> rusqlite::Result<()> {
    let product = 1 + random.below(PRODUCTS.len()) as i64;
    let stars = 2 + random.below(4) as i64;
    tx.execute(
        "insert into review values (null, ?, ?, ?, ?, ?)",
        params![person.id, product, stars, random.pick(REVIEWS), day(random)],
    )?;
    Ok(())
}

fn login(tx: &Transaction<'_>, person: &Person, random: &mut Random) -> rusqlite::Result<()> {
    let ip = format!("203.0.113.{}", 1 + random.below(254));
    tx.execute(
        "insert into login values (null, ?, ?, ?, ?)",
        params![person.id, instant(random), ip, random.pick(BROWSERS)],
    )?;
    Ok(())
}
