create table visit (
  day date not null,
  id integer not null,
  person_id integer not null,
  page text,
  primary key (day, id)
);
