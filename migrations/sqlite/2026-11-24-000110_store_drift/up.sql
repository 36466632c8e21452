-- How each store has moved away from its data map, as it was seen last. JSON, names only.
create table store_drift (
  store_id text primary key,
  seen_at timestamp not null,
  drift text not null
);
