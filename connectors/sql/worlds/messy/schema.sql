-- A shop that grew for ten years. What only one of the two databases has stands in its own file.
create table address (
  id integer primary key,
  street varchar(80) not null,
  city text
);
create table employee (
  id integer primary key,
  email text not null,
  name text not null,
  boss_id integer references employee (id)
);
create table customer (
  id integer primary key,
  -- Nothing in the name says that this is how a customer is reached.
  contact_ref text,
  full_name text not null check (length(full_name) > 1),
  birth_date date,
  last_login_at timestamp,
  status text not null default 'new',
  address_id integer references address (id),
  account_manager_id integer references employee (id),
  recruited_by integer references customer (id),
  last_purchase integer,
  constraint known_status check (status in ('new', 'old'))
);
create unique index customer_ref on customer (contact_ref) where status <> 'old';
create unique index customer_folded on customer (lower(full_name), id);
create table purchase (
  shop integer not null,
  number integer not null,
  customer_id integer not null references customer (id) on delete cascade on update cascade,
  employee_id integer references employee (id) on delete set null,
  iban text,
  total numeric(10, 2) not null,
  primary key (shop, number)
);
-- Declared nowhere: whose these are is only told by a name.
create table complaint (id integer primary key, customer_id integer, body text);
create table depot (id integer primary key, address_id integer not null references address (id));
-- A cascade that nobody thinks of.
create table purchase_scan (
  id integer primary key,
  shop integer not null,
  number integer not null,
  foreign key (shop, number) references purchase (shop, number) on delete cascade
);
create table attachment (id integer primary key, owner_type text, owner_id integer, file text);
-- Named like a customer's key, and none.
create table till (id integer primary key, customer_id integer, takings integer);
-- Whom it was sent to is only told inside.
create table message (id integer primary key, payload json);
create table preference (
  customer_id integer primary key references customer (id),
  settings json not null,
  -- JSON, though nobody declared it.
  last_visit text
);
create table goods (sku text primary key, title text not null);
create view customer_list as
  select c.id, c.full_name, a.city from customer c left join address a on a.id = c.address_id;

insert into address values (1, 'Elm Street 1', 'Springwood'), (2, 'Elm Street 2', 'Springwood');
insert into employee values (1, 'eve@shop.example', 'Eve', null);
insert into customer (id, contact_ref, full_name, address_id, account_manager_id)
  values (1, 'ada@example.org', 'Ada', 1, 1), (2, 'ben@example.org', 'Ben', 2, 1);
insert into purchase values (1, 1, 1, 1, 'DE89370400440532013000', 10), (1, 2, 2, 1, 'GB82WEST12345698765432', 5);
insert into complaint values (1, 1, 'late'), (2, 2, 'early');
insert into purchase_scan values (1, 1, 1);
insert into attachment values (1, 'Customer', 1, 'a.pdf'), (2, 'Customer', 2, 'b.pdf'),
  (3, 'Depot', 1, 'c.pdf'), (4, 'ben@example.org', 1, 'd.pdf');
insert into till values (1, 9001, 10), (2, 9002, 20), (3, 1, 30), (4, null, 40);
insert into message values
  (1, '{"to": {"reach": "ada@example.org", "name": "Ada"}, "template": "welcome"}'),
  (2, '{"to": {"reach": "ben@example.org", "name": "Ben"}, "template": "reminder"}');
insert into preference values
  (1, '{"delivery": {"street": "Elm Street 1", "zip": "12345"}, "friends": {"benjamin": 1}}',
    '{"ip": "192.0.2.7"}'),
  (2, '{"delivery": {"street": "Elm Street 2", "zip": "12345"}, "theme": "dark"}',
    '{"ip": "192.0.2.8"}');
create table customer_backup as select * from customer;
