create table visit (id integer primary key, customer_id integer not null references customer (id),
  page varchar(60) not null default '/', page_length integer as (length(page)) stored);
create trigger customer_gone after delete on customer for each row
  insert into goods values (concat('gone ', old.id), old.full_name);
insert into visit (id, customer_id) values (1, 1);
