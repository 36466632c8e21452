//! A small shop with persons, orders and lines, and a ledger written by triggers.

use std::{path::Path, sync::Arc};

use habeas_connector::Connector;
use habeas_connector_postgres::PostgresConnector;
use habeas_connector_sqlite::SqliteConnector;
use habeas_domain::data_map::DataMap;

/// Which database a shop lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A shop: its name, and a path or a URL.
#[derive(Debug, Clone)]
pub struct Shop {
    pub name: &'static str,
    pub kind: Kind,
    pub place: String,
}

const TABLES: &str = "
create table customer (id integer primary key, email text not null, name text, wants_news integer not null);
create table orders (id integer primary key, customer_id integer not null references customer (id), total numeric(10, 2));
create table line (order_id integer not null references orders (id), number integer not null, what text,
  primary key (order_id, number));
create table ledger (what text not null, id integer not null);
";

const SQLITE_TRIGGERS: &str = "
create trigger customer_gone after delete on customer begin insert into ledger values ('customer', old.id); end;
create trigger orders_gone after delete on orders begin insert into ledger values ('orders', old.id); end;
create trigger line_gone after delete on line begin insert into ledger values ('line', old.order_id); end;
";

const POSTGRES_TRIGGERS: &str = "
create function note() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'line' then insert into ledger values ('line', old.order_id);
  else insert into ledger values (tg_table_name, old.id); end if;
  return old;
end $$;
create trigger customer_gone after delete on customer for each row execute function note();
create trigger orders_gone after delete on orders for each row execute function note();
create trigger line_gone after delete on line for each row execute function note();
";

/// Person `n` has 1 + n % 3 orders of two lines each.
fn rows(persons: u32) -> String {
    let mut sql = String::new();
    let mut order = 0;
    for n in 1..=persons {
        sql += &format!(
            "insert into customer values ({n}, '{}', 'Person {n}', 1);\n",
            Shop::email(n)
        );
        for _ in 0..=n % 3 {
            order += 1;
            sql += &format!("insert into orders values ({order}, {n}, {order}.50);\n");
            sql +=
                &format!("insert into line values ({order}, 1, 'soap'), ({order}, 2, 'linen');\n");
        }
    }
    sql
}

impl Shop {
    /// The address of person `n`, in the spelling of the store.
    pub fn email(n: u32) -> String {
        format!("Person.{n}@Mail.example")
    }

    /// The orders of person `n`: numbers run on from person to person.
    pub fn orders_of(n: u32) -> std::ops::Range<u32> {
        let first = 1 + (1..n).map(|before| 1 + before % 3).sum::<u32>();
        first..first + 1 + n % 3
    }

    /// Rows that belong to person `n`.
    pub fn rows_of(n: u32) -> u64 {
        let orders = u64::from(1 + n % 3);
        1 + orders + 2 * orders
    }

    /// Makes the tables and the persons.
    pub async fn open(&self, persons: u32) -> anyhow::Result<()> {
        match self.kind {
            Kind::Sqlite => {
                let conn = rusqlite::Connection::open(&self.place)?;
                conn.execute_batch("pragma journal_mode = wal; begin;")?;
                conn.execute_batch(&(TABLES.to_owned() + SQLITE_TRIGGERS + &rows(persons)))?;
                conn.execute_batch("commit")?;
            }
            Kind::Postgres => {
                let sql = TABLES.to_owned() + POSTGRES_TRIGGERS + &rows(persons);
                self.client().await?.batch_execute(&sql).await?;
            }
        }
        Ok(())
    }

    async fn client(&self) -> anyhow::Result<tokio_postgres::Client> {
        let (client, connection) =
            tokio_postgres::connect(&self.place, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    pub fn map(&self) -> DataMap {
        DataMap::parse("shop.yaml", &self.map_text()).expect("the shop's map is sound")
    }

    /// The map as a person would write it.
    pub fn map_text(&self) -> String {
        format!(
            "
habeas: 1
store: {}
title: Shop
collections:
  customer:
    key: [id]
    columns:
      id: {{ category: user.unique_id, identity: {{ kind: shop.customer, names_one_person: true }} }}
      email: {{ category: user.contact.email, identity: {{ kind: email, match: ignore_case }} }}
      name: {{ category: user.name }}
      wants_news: {{ category: user }}
    suppress: {{ wants_news: '0' }}
  orders:
    key: [id]
    columns:
      id: {{ category: system }}
      customer_id: {{ category: user.unique_id, identity: {{ kind: shop.customer }} }}
      total: {{ category: user.financial }}
    belongs_to: [{{ collection: customer, on: {{ customer_id: id }} }}]
  line:
    key: [order_id, number]
    columns:
      order_id: {{ category: system }}
      number: {{ category: system }}
      what: {{ category: user.behavior.purchase_history }}
    belongs_to: [{{ collection: orders, on: {{ order_id: id }} }}]
",
            self.name
        )
    }

    pub fn connector(&self) -> anyhow::Result<Arc<dyn Connector>> {
        Ok(match self.kind {
            Kind::Sqlite => Arc::new(SqliteConnector::open(
                Path::new(&self.place),
                self.map(),
                Default::default(),
            )),
            Kind::Postgres => Arc::new(PostgresConnector::new(
                &self.place,
                self.map(),
                Default::default(),
            )?),
        })
    }

    /// Every deletion that ever happened, as the shop's own triggers saw it, sorted.
    pub async fn ledger(&self) -> anyhow::Result<Vec<(String, i32)>> {
        let sql = "select what, id from ledger order by what, id";
        match self.kind {
            Kind::Sqlite => {
                let conn = rusqlite::Connection::open(&self.place)?;
                let mut statement = conn.prepare(sql)?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<Result<_, _>>()?)
            }
            Kind::Postgres => {
                let rows = self.client().await?.query(sql, &[]).await?;
                Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
            }
        }
    }

    /// Rows of each table: customers, orders, lines.
    pub async fn counts(&self) -> anyhow::Result<Vec<i64>> {
        let sql = "select (select count(*) from customer), (select count(*) from orders), \
                   (select count(*) from line)";
        match self.kind {
            Kind::Sqlite => {
                let conn = rusqlite::Connection::open(&self.place)?;
                Ok(conn.query_row(sql, [], |row| {
                    (0..3).map(|n| row.get(n)).collect::<Result<_, _>>()
                })?)
            }
            Kind::Postgres => {
                let row = self.client().await?.query_one(sql, &[]).await?;
                Ok((0..3).map(|n| row.get(n)).collect())
            }
        }
    }
}
