//! Fills the support desk. It knows most of the shop's customers, some under another spelling of
//! their address and some only by their customer number, and a few people who never bought anything.

use rusqlite::{Transaction, params};

use super::{
    instant,
    people::{LEAVES, OPTS_OUT, People, Person},
    random::Random,
    words::{ANSWERS, COMMENTS, FIRST, LAST, NOTES, PIXEL, QUESTIONS, SUBJECTS},
};

/// People who wrote to the desk and are no customers.
const STRANGERS: usize = 20;

const AGENTS: &[(&str, &str)] = &[
    ("Pia Holm", "pia.holm@support.example"),
    ("Rafi Adler", "rafi.adler@support.example"),
];

pub fn fill(tx: &Transaction<'_>, people: &People, random: &mut Random) -> rusqlite::Result<()> {
    for (n, (name, email)) in AGENTS.iter().enumerate() {
        tx.execute(
            "insert into agent values (?, ?, ?)",
            params![n as i64 + 1, name, email],
        )?;
    }
    for (at, person) in people.customers.iter().enumerate() {
        let story = at <= OPTS_OUT;
        if story || random.percent(50) {
            let email = spelled(&person.email, if story { 1 } else { random.below(3) });
            let contact = contact(tx, &person.name, Some(&email), None, random)?;
            tickets(tx, contact, &person.name, at, people, random)?;
        }
        // Whoever calls is written down with a number and without an address.
        if at == LEAVES || random.percent(8) {
            let number = Some(person.customer_no.as_str());
            let contact = contact(tx, &person.name, None, number, random)?;
            tickets(tx, contact, &person.name, at, people, random)?;
        }
    }
    for n in 0..STRANGERS {
        let (first, last) = (random.pick(FIRST), random.pick(LAST));
        let name = format!("{} {}", first.0, last.0);
        let email = format!("{}.{}.asks{n}@example.net", first.1, last.1);
        let contact = contact(tx, &name, Some(&email), None, random)?;
        tickets(tx, contact, &name, usize::MAX, people, random)?;
    }
    Ok(())
}

/// One address, as three people would type it.
fn spelled(email: &str, way: usize) -> String {
    match (way, email.split_once('@')) {
        (1, Some((local, domain))) => {
            let words: Vec<String> = local.split('.').map(capital).collect();
            format!("{}@{}", words.join("."), capital(domain))
        }
        (2, _) => email.to_uppercase(),
        _ => email.to_owned(),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn contact(
    tx: &Transaction<'_>,
    name: &str,
    email: Option<&str>,
    customer_no: Option<&str>,
    random: &mut Random,
) -> rusqlite::Result<i64> {
    let phone = customer_no.map(|_| format!("+44 20 7946 {:04}", random.below(1000)));
    tx.execute(
        "insert into contact values (null, ?, ?, ?, ?, 1, ?)",
        params![name, email, phone, customer_no, instant(random)],
    )?;
    Ok(tx.last_insert_rowid())
}

fn tickets(
    tx: &Transaction<'_>,
    contact: i64,
    name: &str,
    at: usize,
    people: &People,
    random: &mut Random,
) -> rusqlite::Result<()> {
    for _ in 0..1 + random.below(2) {
        let agent = 1 + random.below(AGENTS.len()) as i64;
        let status = if random.percent(80) { "closed" } else { "open" };
        tx.execute(
            "insert into ticket values (null, ?, ?, ?, ?, ?)",
            params![
                contact,
                agent,
                random.pick(SUBJECTS),
                status,
                instant(random)
            ],
        )?;
        let ticket = tx.last_insert_rowid();
        conversation(tx, ticket, agent, name, random)?;
        if at <= OPTS_OUT || random.percent(30) {
            let other = somebody_else(people, at, random);
            let body = random.pick(NOTES).replace("{other}", &other.name);
            tx.execute(
                "insert into note values (null, ?, ?, ?)",
                params![ticket, agent, body],
            )?;
        }
        if random.percent(40) {
            let comment = random.percent(50).then(|| *random.pick(COMMENTS));
            tx.execute(
                "insert into satisfaction values (null, ?, ?, ?)",
                params![ticket, 1 + random.below(5) as i64, comment],
            )?;
        }
    }
    Ok(())
}

fn conversation(
    tx: &Transaction<'_>,
    ticket: i64,
    agent: i64,
    name: &str,
    random: &mut Random,
) -> rusqlite::Result<()> {
    let question = random.pick(QUESTIONS).replace("{name}", name);
    let with_picture = question.contains("picture");
    let insert = "insert into message values (null, ?, ?, ?, ?)";
    tx.execute(
        insert,
        params![ticket, None::<i64>, question, instant(random)],
    )?;
    if with_picture {
        tx.execute(
            "insert into attachment values (null, ?, 'picture.png', 'image/png', ?)",
            params![tx.last_insert_rowid(), PIXEL],
        )?;
    }
    tx.execute(
        insert,
        params![ticket, agent, random.pick(ANSWERS), instant(random)],
    )?;
    Ok(())
}

fn somebody_else<'a>(people: &'a People, at: usize, random: &mut Random) -> &'a Person {
    let drawn = random.below(people.customers.len());
    let other = if drawn == at { drawn + 1 } else { drawn };
    &people.customers[other % people.customers.len()]
}
