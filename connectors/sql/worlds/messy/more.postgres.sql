create schema crm;
create table crm.customer (
  id bigint generated always as identity primary key,
  mail text,
  shop_customer_id integer not null references public.customer (id) deferrable,
  c7 text
);
comment on column crm.customer.c7 is 'mobile phone, as the customer wrote it';
comment on table crm.customer is 'what the sales people know';
-- One partition declares the key of its siblings, the other does not.
create table visit (id integer not null, day date not null, customer_id integer not null,
  page text not null default '/', page_length integer generated always as (length(page)) stored,
  primary key (day, id)) partition by range (day);
create table visit_1 partition of visit for values from ('2024-01-01') to ('2024-02-01');
create table visit_2 partition of visit for values from ('2024-02-01') to ('2024-03-01');
alter table visit_1 add foreign key (customer_id) references customer (id);
create materialized view customer_totals as
  select c.id, c.full_name, sum(p.total) as total
  from customer c join purchase p on p.customer_id = c.id group by 1, 2;
create function keep_name() returns trigger language plpgsql as $$
begin insert into goods values ('gone ' || old.id, old.full_name); return old; end $$;
create trigger customer_gone after delete on customer for each row execute function keep_name();
create domain short_text as text check (length(value) < 20);
alter table goods add column nick short_text;
insert into visit values (1, '2024-01-05', 1), (2, '2024-02-05', 2);
