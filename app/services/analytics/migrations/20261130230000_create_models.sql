-- migrate:up
set local lock_timeout = '3s';

-- The events of each day, counted: what summaries read. docs/decisions/0026-events-are-counted-as-they-are-stored.md
-- says why it has this form. A model is all counts together: one is living, and a rebuild makes another beside it.
create table models (
    id integer generated always as identity primary key,
    name text not null unique,
    state text not null check (state in ('building', 'living', 'left')),
    copied uuid,  -- the stored events up to this one are counted; null before the first
    complete boolean not null default false,  -- all stored events are counted
    archived bigint not null default 0,  -- events that came from the archive
    restored bigint not null default 0,  -- those of them that the table of events lacked
    differing bigint not null default 0,  -- those of them that the table of events has with another content
    examples uuid[] not null default '{}',  -- the first of these
    report jsonb,  -- what the model differed in from the one before, when it was switched to
    begun_at timestamptz not null default now()
);
create unique index models_state on models (state) where state <> 'left';

create table daily_totals (
    model integer not null,
    day date not null,  -- of `occurred_at`, in UTC
    type text not null,
    currency text not null,  -- '' without one
    slot smallint not null,  -- of the connection, so that not all writers of a day wait for one row
    events bigint not null,
    minor bigint not null,  -- the sum of the amounts in hundredths: integers are added up in half the time
    primary key (model, day, type, currency, slot)
) with (fillfactor = 70);

-- Users by numbers, the same in every model: the users of a day are bits, 8192 of them in a block.
create table numbered_users (
    user_id text primary key,
    number integer generated always as identity (minvalue 0 start 0)
);
create table daily_users (
    model integer not null,
    day date not null,
    block integer not null,
    users bit(8192) not null,
    primary key (model, day, block)
) with (fillfactor = 70);

-- The events that the model which is being built has counted: they come from several sources, and each counts once.
create table counted_events (
    model integer not null,
    id uuid not null,
    primary key (model, id)
);

-- Writers share this lock, and whoever changes a model's state takes it alone.
create function model_lock() returns bigint immutable language sql as 'select 469884593516';

-- Adds events to the counts of a model. Every statement goes in the order of its keys, so that two writers with equal
-- keys never wait for each other.
create function count_in(counted integer, types text[], users text[], times timestamptz[], amounts numeric[],
    currencies text[]) returns void language plpgsql as $$
begin
    insert into daily_totals as kept (model, day, type, currency, slot, events, minor)
    select counted, (at at time zone 'UTC')::date, type, coalesce(currency, ''), pg_backend_pid() % 4,
        count(*), coalesce(sum(amount * 100), 0)::bigint
    from unnest(types, times, amounts, currencies) as added (type, at, amount, currency)
    group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (model, day, type, currency, slot)
    do update set events = kept.events + excluded.events, minor = kept.minor + excluded.minor;

    -- Subqueries by key: a join could be planned as a look at every row, while the table is small, and stay so.
    insert into numbered_users (user_id)
    select distinct user_id from unnest(users) as added (user_id)
    where (select number from numbered_users as known where known.user_id = added.user_id) is null
    order by user_id
    on conflict do nothing;

    insert into daily_users as kept (model, day, block, users)
    select counted, day, block, bits
    from (
        select day, number / 8192 as block, bit_or(set_bit(0::bit(8192), number % 8192, 1)) as bits
        from (
            select day, (select number from numbered_users as known where known.user_id = present.user_id) as number
            from (
                select distinct (at at time zone 'UTC')::date as day, user_id
                from unnest(users, times) as added (user_id, at)
            ) as present
        ) as numbered
        group by 1, 2
    ) as wanted
    where (
        select known.users & bits from daily_users as known
        where known.model = counted and known.day = wanted.day and known.block = wanted.block
    ) is distinct from bits  -- most users of a batch were there before on that day: no row is locked for them
    order by day, block
    on conflict (model, day, block) do update set users = kept.users | excluded.users;
end $$;

-- Adds those of the events that the model has not counted yet, and returns how many they are.
create function count_once(counted integer, ids uuid[], types text[], users text[], times timestamptz[],
    amounts numeric[], currencies text[]) returns bigint language plpgsql as $$
declare
    added bigint;
begin
    with new as (
        insert into counted_events (model, id)
        select distinct counted, id from unnest(ids) as given (id) order by id
        on conflict do nothing
        returning id
    ), first as (
        select distinct on (id) given.*
        from unnest(ids, types, users, times, amounts, currencies)
            as given (id, type, user_id, at, amount, currency)
        join new using (id)
    )
    select count(*), array_agg(type), array_agg(user_id), array_agg(at), array_agg(amount), array_agg(currency)
    into added, types, users, times, amounts, currencies from first;
    if added > 0 then
        perform count_in(counted, types, users, times, amounts, currencies);
    end if;
    return added;
end $$;

-- Counts the next stored events in the model that is being built, and returns whether there are more. It begins with
-- the last one of the time before, which is counted already.
create function count_stored(counted integer, most integer) returns boolean language plpgsql as $$
declare
    since uuid;
    ids uuid[];
    types text[];
    users text[];
    times timestamptz[];
    amounts numeric[];
    currencies text[];
begin
    perform pg_advisory_xact_lock_shared(model_lock());  -- before the row, as whoever changes states does
    select coalesce(copied, '00000000-0000-0000-0000-000000000000') into strict since
    from models where id = counted and state = 'building' for update;
    select array_agg(id), array_agg(type), array_agg(user_id), array_agg(occurred_at), array_agg(amount),
        array_agg(currency)
    into ids, types, users, times, amounts, currencies
    from (select * from events where id >= since order by id limit most) as next;
    if ids is not null then
        perform count_once(counted, ids, types, users, times, amounts, currencies);
    end if;
    update models set copied = ids[cardinality(ids)], complete = coalesce(cardinality(ids), 0) < most
    where id = counted;
    return coalesce(cardinality(ids), 0) = most;
end $$;

-- Makes the model that is being built the living one.
create function switch_models() returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(model_lock());
    update models set state = 'left' where state = 'living';
    update models set state = 'living' where state = 'building';
end $$;

-- Counts new events in the transaction that stores them, whichever version of the service writes them.
create function count_new() returns trigger language plpgsql as $$
declare
    living integer;
    building integer;
    ids uuid[];
    types text[];
    users text[];
    times timestamptz[];
    amounts numeric[];
    currencies text[];
begin
    select array_agg(id), array_agg(type), array_agg(user_id), array_agg(occurred_at), array_agg(amount),
        array_agg(currency)
    into ids, types, users, times, amounts, currencies from added;
    if ids is null then
        return null;
    end if;
    perform pg_advisory_xact_lock_shared(model_lock());
    select max(id) filter (where state = 'living'), max(id) filter (where state = 'building')
    into living, building from models where state <> 'left';
    if living is not null then
        perform count_in(living, types, users, times, amounts, currencies);
    end if;
    if building is not null then
        perform count_once(building, ids, types, users, times, amounts, currencies);
    end if;
    return null;
end $$;

create trigger count_new after insert on events
referencing new table as added for each statement execute function count_new();

-- The first model. Until the next migration has counted what was stored before, nobody reads it.
insert into models (name, state) values ('first', 'building');

-- migrate:down
set local lock_timeout = '3s';

drop trigger count_new on events;
drop function count_new, switch_models, count_stored, count_once, count_in, model_lock;
drop table counted_events, daily_users, numbered_users, daily_totals, models;
