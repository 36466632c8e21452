-- Gates with a breaker, a pause and a rate; calls that carry several steps; steps that wait for
-- their time, for a store or for a person. The database itself refuses any move that is not one of
-- ours. SQLite cannot alter a check: the two tables are made anew and filled from the old ones.

create table store_gate_new (
  store_id text primary key,
  max_running bigint not null,
  next_ok_at timestamp,
  batch bigint not null default 1 check (batch > 0),
  rate_milli bigint check (rate_milli > 0),
  burst_milli bigint not null default 1000 check (burst_milli >= 1000),
  tokens_milli bigint not null default 1000,
  refilled_at timestamp,
  breaker text not null default 'closed' check (breaker in ('closed', 'open', 'probing')),
  fails bigint not null default 0,
  open_seconds bigint not null default 0,
  open_until timestamp,
  paused_at timestamp,
  paused_by text,
  paused_why text,
  check ((breaker = 'open') = (open_until is not null)),
  check ((paused_at is null) = (paused_by is null)),
  check ((paused_at is null) = (paused_why is null))
);
insert into store_gate_new (store_id, max_running, next_ok_at)
select store_id, max_running, next_ok_at from store_gate;
drop table store_gate;
alter table store_gate_new rename to store_gate;

create table step_new (
  id text primary key,
  request_id text not null references request (id),
  store_id text not null references store_gate (store_id),
  verb text not null check (verb in ('locate', 'plan', 'access', 'erase', 'suppress', 'verify',
    'package', 'letter')),
  slot text not null,
  state text not null check (state in ('ready', 'delayed', 'running', 'waiting', 'parked', 'done',
    'absent', 'kept', 'failed', 'withdrawn')),
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
  priority bigint not null default 0,
  releases bigint not null default 0,
  call text,
  handle blob,
  unique (request_id, store_id, verb, slot),
  check ((state = 'running') = (lease_owner is not null)),
  check ((state = 'running') = (call is not null)),
  check ((state = 'parked') = (parked_reason is not null)),
  check (state <> 'delayed' or not_before is not null),
  check ((state in ('done', 'absent', 'kept', 'failed', 'withdrawn')) = (outcome_at is not null))
);
insert into step_new (id, request_id, store_id, verb, slot, state, due_at, not_before, attempts,
  crashes, lease_epoch, lease_owner, run_deadline_at, last_class, last_code, last_message,
  parked_reason, payload, result, outcome, outcome_at, call)
select id, request_id, store_id, verb, slot,
  case when state = 'ready' and not_before is not null then 'delayed' else state end, due_at,
  not_before, attempts, crashes, lease_epoch, lease_owner, run_deadline_at, last_class, last_code,
  last_message, parked_reason, payload, result, outcome, outcome_at,
  case when state = 'running' then id end
from step;
drop table step;
alter table step_new rename to step;
create index step_heads on step (store_id, priority, due_at, id) where state = 'ready';
create index step_running on step (store_id, call) where state = 'running';
create index step_owner on step (lease_owner) where state = 'running';
create index step_delayed on step (not_before) where state = 'delayed';
create index step_waiting on step (not_before) where state = 'waiting';
create index step_parked on step (due_at) where state = 'parked';
create index step_attempt_ended on step_attempt (ended_at);
create index step_due on step (due_at) where state in ('ready', 'delayed', 'running');
create index effect_in_doubt on effect (intent_at) where confirmed_at is null;

-- A timer that went off: whoever inserts its slot first may act on it.
create table schedule (
  name text not null,
  slot timestamp not null,
  taken_at timestamp not null,
  primary key (name, slot)
);

create trigger step_epoch before update of lease_epoch on step
when new.lease_epoch < old.lease_epoch
begin select raise(abort, 'an epoch never goes back'); end;
create trigger step_claim before update of state, lease_epoch on step
when new.state = 'running' and new.lease_epoch <> old.lease_epoch + (old.state <> 'running')
begin select raise(abort, 'a claim takes the next epoch'); end;
create trigger step_moves before update of state on step
when new.state <> old.state and old.state || ' ' || new.state not in (
  'ready running', 'ready parked', 'ready withdrawn',
  'delayed ready', 'delayed parked', 'delayed withdrawn',
  'running ready', 'running delayed', 'running waiting', 'running parked', 'running done',
  'running absent', 'running kept', 'running failed', 'running withdrawn',
  'waiting ready', 'waiting parked', 'waiting done', 'waiting absent', 'waiting kept',
  'waiting failed', 'waiting withdrawn',
  'parked ready', 'parked failed', 'parked withdrawn')
begin select raise(abort, 'a step cannot make this move'); end;
create trigger step_withdrawn before update of state on step
when new.state = 'withdrawn' and old.state <> 'withdrawn'
  and exists (select 1 from effect where step_id = new.id)
begin select raise(abort, 'a step with an intent cannot be withdrawn'); end;
create trigger request_ends before update of phase on request
when new.phase in ('closed', 'refused', 'withdrawn') and new.phase <> old.phase and exists (
  select 1 from step where request_id = new.id
    and state in ('ready', 'delayed', 'running', 'waiting', 'parked')
    and (new.phase = 'closed' or verb <> 'letter'))
begin select raise(abort, 'a request with an unfinished step cannot end'); end;
