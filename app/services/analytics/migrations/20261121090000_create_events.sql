-- migrate:up
set local lock_timeout = '3s';

create table events (
    id uuid primary key,
    type text not null check (type ~ '^[a-z][a-z0-9_.-]{0,63}$'),
    user_id text not null check (user_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    occurred_at timestamptz not null,
    amount numeric(10, 2) check (amount >= 0),
    currency text check (currency ~ '^[A-Z]{3}$'),
    attributes jsonb not null default '{}' check (jsonb_typeof(attributes) = 'object'),
    recorded_at timestamptz not null default now(),
    check ((amount is null) = (currency is null))
);

-- The pages of a user's events, the newest first.
create index events_user_id on events (user_id, occurred_at desc, id desc);
-- Summaries of a period.
create index events_occurred_at on events (occurred_at);
-- Reports on a currency's amounts of a period.
create index events_currency on events (currency, occurred_at) include (type, amount) where currency is not null;

-- migrate:down
drop table events;
