-- A partitioned table can declare no foreign key.
create table visit (
  day date not null,
  id integer not null,
  person_id integer not null,
  page text,
  primary key (day, id)
) partition by range columns (day) (
  partition visit_2025 values less than ('2026-01-01'),
  partition visit_2026 values less than ('2027-01-01')
);
