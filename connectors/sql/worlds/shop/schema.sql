-- A make-believe shop with one of each thing that is easily got wrong. {bytes} is the database's
-- word for bytes. Person n owns the rows whose ids begin with n: 1 and 100 to 199 are Ada's.
create table address (id integer primary key, street text not null, city text);
create table person (
  id integer primary key,
  email text,
  full_name text not null,
  secret text,
  photo {bytes},
  newsletter integer not null default 1,
  joined timestamp,
  address_id integer references address (id),
  billing_id integer references address (id),
  mentor_id integer references person (id)
);
create table depot (id integer primary key, address_id integer not null references address (id));
-- A composite key, and two ways to an item: by its purchase and by its buyer.
create table purchase (
  shop integer not null,
  number integer not null,
  person_id integer not null references person (id),
  total numeric(10, 2) not null,
  primary key (shop, number)
);
create table item (
  shop integer not null,
  number integer not null,
  line integer not null,
  buyer_id integer references person (id),
  what text not null,
  primary key (shop, number, line),
  foreign key (shop, number) references purchase (shop, number)
);
create table review (
  id integer primary key,
  author_id integer not null references person (id),
  body text
);
-- Of one person, about the words of another.
create table reply (
  id integer primary key,
  author_id integer not null references person (id),
  review_id integer not null references review (id),
  body text
);
create table ledger (
  id integer primary key,
  person_id integer references person (id),
  payer text,
  amount numeric(10, 2) not null
);
-- No foreign key says whose these are.
create table complaint (id integer primary key, person_email text, body text);
create table goods (sku text primary key, title text not null);
