//! A shop of any size, made by the database itself: the same rows every time.

use tokio_postgres::{Client, NoTls};

/// How large the shop is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub customers: u32,
    /// Rows of the one customer who has most.
    pub events: u32,
    /// Subjects in one go, and in a larger one.
    pub few: u32,
    pub many: u32,
}

pub fn email(customer: u32) -> String {
    format!("customer{customer}@example.org")
}

/// The customer with the events.
pub const LARGEST: u32 = 1;

pub async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// About 50 rows for each customer, and the events.
pub async fn fill(client: &Client, size: Size) -> anyhow::Result<i64> {
    let Size {
        customers, events, ..
    } = size;
    let orders = customers * 10;
    let sql = format!(
        "create table customer (id integer primary key, email text not null, name text not null,
           phone text, joined timestamptz not null);
         create table orders (id integer primary key, customer_id integer not null, placed timestamptz
           not null, total numeric(10,2) not null, note text);
         create table item (order_id integer not null, line integer not null, article text not null,
           price numeric(10,2) not null);
         create table payment (id integer primary key, order_id integer not null,
           customer_id integer not null, amount numeric(10,2) not null, paid timestamptz not null);
         create table review (id integer primary key, customer_id integer not null,
           stars smallint not null, body text not null);
         create table ticket (id integer primary key, customer_id integer not null,
           opened timestamptz not null, body text not null);
         create table event (id integer primary key, customer_id integer not null,
           at timestamptz not null, page text not null, agent text not null);
         insert into customer select n, 'Customer' || n || '@example.org', 'Customer number ' || n,
           '020 7946 ' || n, '2020-01-01'::timestamptz + n * interval '1 minute'
           from generate_series(1, {customers}) n;
         insert into orders select n, 1 + n % {customers}, '2024-01-01'::timestamptz
           + n * interval '17 seconds', n % 1000 + 0.99, 'please ring twice ' || n
           from generate_series(1, {orders}) n;
         insert into item select n, l, 'article ' || (n * l) % 5000, l + 0.49
           from generate_series(1, {orders}) n, generate_series(1, 2) l;
         insert into payment select id, id, customer_id, total, placed + interval '1 hour' from orders;
         insert into review select n, 1 + n % {customers}, n % 5, 'it was good enough for ' || n
           from generate_series(1, {customers} * 5) n;
         insert into ticket select n, 1 + n % {customers}, '2024-06-01'::timestamptz
           + n * interval '11 seconds', 'it broke after ' || n || ' days'
           from generate_series(1, {customers} * 4) n;
         insert into event select n, {LARGEST}, '2024-01-01'::timestamptz + n * interval '1 second',
           '/page/' || n % 977, 'browser ' || n % 13 from generate_series(1, {events}) n;
         create unique index on customer (lower(email));
         create index on customer (email);
         create index on orders (customer_id);
         alter table item add primary key (order_id, line);
         create index on payment (customer_id);
         create index on payment (order_id);
         create index on review (customer_id);
         create index on ticket (customer_id);
         create index on event (customer_id);
         alter table orders add foreign key (customer_id) references customer (id);
         alter table item add foreign key (order_id) references orders (id);
         alter table payment add foreign key (order_id) references orders (id);
         alter table payment add foreign key (customer_id) references customer (id);
         alter table review add foreign key (customer_id) references customer (id);
         alter table ticket add foreign key (customer_id) references customer (id);
         alter table event add foreign key (customer_id) references customer (id);"
    );
    client.batch_execute(&sql).await?;
    client.batch_execute("vacuum analyze").await?;
    let count = "select sum(n_live_tup)::bigint from pg_stat_user_tables";
    Ok(client.query_one(count, &[]).await?.get(0))
}
