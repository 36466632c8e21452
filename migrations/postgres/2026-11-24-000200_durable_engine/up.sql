-- Gates with a breaker, a pause and a rate; calls that carry several steps; steps that wait for
-- their time, for a store or for a person. The database itself refuses any move that is not one of
-- ours.

alter table store_gate
  add column batch bigint not null default 1 check (batch > 0),
  add column rate_milli bigint check (rate_milli > 0),
  add column burst_milli bigint not null default 1000 check (burst_milli >= 1000),
  add column tokens_milli bigint not null default 1000,
  add column refilled_at timestamp,
  add column breaker text not null default 'closed'
    check (breaker in ('closed', 'open', 'probing')),
  add column fails bigint not null default 0,
  add column open_seconds bigint not null default 0,
  add column open_until timestamp,
  add column paused_at timestamp,
  add column paused_by text,
  add column paused_why text,
  add check ((breaker = 'open') = (open_until is not null)),
  add check ((paused_at is null) = (paused_by is null)),
  add check ((paused_at is null) = (paused_why is null));
alter table store_gate set (fillfactor = 50);

alter table step
  drop constraint step_state_check,
  add column priority bigint not null default 0,
  add column releases bigint not null default 0,
  add column call text,
  add column handle bytea;
update step set state = 'delayed' where state = 'ready' and not_before is not null;
update step set call = id where state = 'running';
alter table step
  add constraint step_state_check check (state in ('ready', 'delayed', 'running', 'waiting',
    'parked', 'done', 'absent', 'kept', 'failed', 'withdrawn')),
  add constraint step_call_check check ((state = 'running') = (call is not null)),
  add constraint step_delayed_check check (state <> 'delayed' or not_before is not null);
drop index step_heads;
drop index step_running;
create index step_heads on step (store_id, priority, due_at, id) where state = 'ready';
create index step_running on step (store_id, call) where state = 'running';
create index step_delayed on step (not_before) where state = 'delayed';
create index step_waiting on step (not_before) where state = 'waiting';
create index step_parked on step (due_at) where state = 'parked';
create index step_attempt_ended on step_attempt (ended_at);
create index step_due on step (due_at) where state in ('ready', 'delayed', 'running');
create index effect_in_doubt on effect (intent_at) where confirmed_at is null;
alter table step set (autovacuum_vacuum_scale_factor = 0.01);

-- A timer that went off: whoever inserts its slot first may act on it.
create table schedule (
  name text not null,
  slot timestamp not null,
  taken_at timestamp not null,
  primary key (name, slot)
);

create function habeas_step_moves() returns trigger language plpgsql as $$
begin
  if new.lease_epoch < old.lease_epoch then
    raise exception 'an epoch never goes back' using errcode = 'check_violation';
  end if;
  if new.state = 'running' and old.state = 'running' and new.lease_epoch <> old.lease_epoch
     or new.state = 'running' and old.state <> 'running' and new.lease_epoch <> old.lease_epoch + 1
  then
    raise exception 'a claim takes the next epoch' using errcode = 'check_violation';
  end if;
  if new.state = old.state then
    return new;
  end if;
  if not (old.state || ' ' || new.state = any (array[
    'ready running', 'ready parked', 'ready withdrawn',
    'delayed ready', 'delayed parked', 'delayed withdrawn',
    'running ready', 'running delayed', 'running waiting', 'running parked', 'running done',
    'running absent', 'running kept', 'running failed', 'running withdrawn',
    'waiting ready', 'waiting parked', 'waiting done', 'waiting absent', 'waiting kept',
    'waiting failed', 'waiting withdrawn',
    'parked ready', 'parked failed', 'parked withdrawn']))
  then
    raise exception 'a step cannot go from % to %', old.state, new.state
      using errcode = 'check_violation';
  end if;
  if new.state = 'withdrawn' and exists (select 1 from effect where step_id = new.id) then
    raise exception 'a step with an intent cannot be withdrawn' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger step_moves before update of state, lease_epoch on step
for each row execute function habeas_step_moves();

create function habeas_request_ends() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from step where request_id = new.id
      and state in ('ready', 'delayed', 'running', 'waiting', 'parked')
      and (new.phase = 'closed' or verb <> 'letter'))
  then
    raise exception 'a request with an unfinished step cannot end as %', new.phase
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger request_ends before update of phase on request
for each row when (new.phase in ('closed', 'refused', 'withdrawn') and new.phase <> old.phase)
execute function habeas_request_ends();
