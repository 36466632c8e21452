create table visit (id integer primary key, customer_id integer not null references customer (id),
  page text not null default '/', page_length integer generated always as (length(page)) stored);
create trigger customer_gone after delete on customer begin
  insert into goods values ('gone ' || old.id, old.full_name);
end;
insert into visit (id, customer_id) values (1, 1);
analyze;
