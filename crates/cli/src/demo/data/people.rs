//! The invented people: who they are, whom they live with, how they can be reached.

use jiff::{ToSpan, civil::Date};

use super::{
    random::Random,
    words::{CITIES, DOMAINS, FIRST, LAST, Name, STREETS},
};

/// Customers of the shop.
pub const CUSTOMERS: usize = 480;

/// Position in the list of those whom the stories are about. Each lives with the next one.
pub const ASKS: usize = 0;
pub const LEAVES: usize = 2;
pub const OPTS_OUT: usize = 4;
/// Came on the recommendation of the one who leaves.
pub const RECOMMENDED: usize = 5;

pub struct Person {
    /// Row id in the shop, from 1.
    pub id: i64,
    pub customer_no: String,
    pub name: String,
    pub email: String,
    pub phone: String,
    pub born_on: Date,
    /// Row id of the address that the household shares.
    pub address: i64,
}

pub struct Address {
    pub id: i64,
    pub street: String,
    pub postcode: String,
    pub city: &'static str,
    pub country: &'static str,
}

pub struct People {
    pub customers: Vec<Person>,
    pub addresses: Vec<Address>,
}

impl People {
    pub fn invent(random: &mut Random) -> Self {
        let mut people = Self {
            customers: Vec::new(),
            addresses: Vec::new(),
        };
        while people.customers.len() < CUSTOMERS {
            // The households of the stories are pairs; the others have one to four heads.
            let heads = match people.customers.len() {
                ASKS | LEAVES | OPTS_OUT => 2,
                _ => 1 + random.below(4),
            };
            let address = people.move_in(random);
            for _ in 0..heads.min(CUSTOMERS - people.customers.len()) {
                let person = people.invent_person(random, address);
                people.customers.push(person);
            }
        }
        people
    }

    fn move_in(&mut self, random: &mut Random) -> i64 {
        let id = self.addresses.len() as i64 + 1;
        let (city, postcode, country) = *random.pick(CITIES);
        self.addresses.push(Address {
            id,
            street: format!("{} {}", random.pick(STREETS), 1 + random.below(180)),
            postcode: postcode.to_owned(),
            city,
            country,
        });
        id
    }

    fn invent_person(&self, random: &mut Random, address: i64) -> Person {
        let at = self.customers.len();
        // The first five of each list belong together: they are the people of the stories.
        let (first, last) = match at {
            0..5 => (&FIRST[at], &LAST[at]),
            _ => (random.pick(FIRST), random.pick(LAST)),
        };
        Person {
            id: at as i64 + 1,
            customer_no: format!("L{:05}", 10_000 + at * 37),
            name: format!("{} {}", first.0, last.0),
            email: self.free_address(random, first, last),
            phone: format!("+44 20 7946 {:04}", random.below(1000)),
            born_on: jiff::civil::date(1948, 1, 1)
                .saturating_add((random.below(20_000) as i64).days()),
            address,
        }
    }

    fn free_address(&self, random: &mut Random, first: &Name, last: &Name) -> String {
        let domain = random.pick(DOMAINS);
        let mut email = format!("{}.{}@{domain}", first.1, last.1);
        let mut tries = 1;
        while self.customers.iter().any(|other| other.email == email) {
            tries += 1;
            email = format!("{}.{}{tries}@{domain}", first.1, last.1);
        }
        email
    }
}
