-- One partition declares whose its rows are, the other does not.
create table visit (
  day date not null,
  id integer not null,
  person_id integer not null,
  page text,
  primary key (day, id)
) partition by range (day);
create table visit_2025 partition of visit for values from ('2025-01-01') to ('2026-01-01');
create table visit_2026 partition of visit for values from ('2026-01-01') to ('2027-01-01');
alter table visit_2025 add foreign key (person_id) references person (id);
