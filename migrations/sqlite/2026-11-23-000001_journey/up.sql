-- The journey of a request. One text for both databases; only the binary type and the triggers
-- differ. Ids are UUIDv7 as text, instants UTC, counts bigint, JSON text.

create table worker (
  id text primary key,
  host text not null,
  version text not null,
  started_at timestamp not null,
  alive_until timestamp not null,
  state text not null check (state in ('alive', 'dead'))
);

create table request (
  id text primary key,
  reference text not null unique,
  "right" text not null,
  channel text not null,
  law_profile text not null,
  law_version text not null,
  clock text not null,
  received_at timestamp not null,
  due_on text not null,
  due_at timestamp not null,
  phase text not null check (phase in ('received', 'verified', 'located', 'planned', 'approved',
    'executed', 'confirmed', 'released', 'closed', 'refused', 'withdrawn')),
  phase_data text not null,
  person blob not null,
  idem_key blob unique,
  idem_digest blob,
  downloads bigint not null default 0,
  closed_at timestamp,
  version bigint not null default 0,
  check ((phase in ('closed', 'refused', 'withdrawn')) = (closed_at is not null))
);
create index request_due on request (due_at) where closed_at is null;

create table identifier (
  id text primary key,
  request_id text not null references request (id),
  kind text not null,
  sealed blob not null,
  blind blob not null,
  source text not null,
  proven_at timestamp,
  unique (request_id, kind, blind)
);
create index identifier_blind on identifier (kind, blind);

create table challenge (
  id text primary key,
  request_id text not null references request (id),
  purpose text not null check (purpose in ('identity', 'download')),
  salt blob not null,
  code_hash blob not null,
  made_at timestamp not null,
  expires_at timestamp not null,
  tries bigint not null default 0,
  ended_at timestamp
);
create index challenge_request on challenge (request_id, purpose, made_at);

create table capability (
  token_hash blob primary key,
  request_id text not null references request (id),
  made_at timestamp not null
);

create table plan (
  id text primary key,
  request_id text not null references request (id),
  hash text not null,
  bytes blob not null,
  made_at timestamp not null
);

create table store_gate (
  store_id text primary key,
  max_running bigint not null,
  next_ok_at timestamp
);

-- The step row is the queue row.
create table step (
  id text primary key,
  request_id text not null references request (id),
  store_id text not null references store_gate (store_id),
  verb text not null check (verb in ('locate', 'plan', 'access', 'erase', 'suppress', 'verify',
    'package', 'letter')),
  slot text not null,
  state text not null check (state in ('ready', 'running', 'parked', 'done', 'absent', 'kept',
    'failed', 'withdrawn')),
  due_at timestamp not null,
  not_before timestamp,
  attempts bigint not null default 0,
  crashes bigint not null default 0,
  lease_epoch bigint not null default 0,
  lease_owner text references worker (id),
  run_deadline_at timestamp,
  last_class text,
  last_code text,
  last_message text,
  parked_reason text,
  payload blob,
  result blob,
  outcome text,
  outcome_at timestamp,
  unique (request_id, store_id, verb, slot),
  check ((state = 'running') = (lease_owner is not null)),
  check ((state = 'parked') = (parked_reason is not null)),
  check ((state in ('done', 'absent', 'kept', 'failed', 'withdrawn')) = (outcome_at is not null))
);
create index step_heads on step (store_id, due_at, id) where state = 'ready';
create index step_running on step (store_id) where state = 'running';
create index step_owner on step (lease_owner) where state = 'running';

create table step_attempt (
  step_id text not null references step (id),
  lease_epoch bigint not null,
  worker_id text not null,
  started_at timestamp not null,
  ended_at timestamp,
  class text,
  code text,
  primary key (step_id, lease_epoch)
);

-- What changes the world: intent before, confirmation after, verification last.
create table effect (
  step_id text primary key references step (id),
  effect_key text not null unique,
  intent_epoch bigint not null,
  intent_at timestamp not null,
  confirmed_at timestamp,
  verified_at timestamp
);

create table officer (
  id text primary key,
  login text not null unique,
  name text not null,
  password_hash text not null,
  made_at timestamp not null,
  disabled_at timestamp
);

create table session (
  token_hash blob primary key,
  officer_id text not null references officer (id),
  csrf text not null,
  made_at timestamp not null,
  seen_at timestamp not null,
  expires_at timestamp not null
);

-- Wrong sign-ins per login, so that guessing is slowed down whatever address it comes from.
create table sign_in_failure (
  login_hash blob primary key,
  fails bigint not null,
  last_at timestamp not null
);

-- What happened, for ever. No personal data: references, counts and words only.
create table audit (
  id text primary key,
  request_id text references request (id),
  step_id text,
  at timestamp not null,
  actor text not null,
  event text not null,
  detail text not null
);
create index audit_request on audit (request_id, at);
create trigger audit_is_append_only_update before update on audit
begin select raise(abort, 'audit is append-only'); end;
create trigger audit_is_append_only_delete before delete on audit
begin select raise(abort, 'audit is append-only'); end;
create trigger plan_is_immutable before update on plan
begin select raise(abort, 'a plan is immutable'); end;
