-- migrate:up
set local lock_timeout = '3s';

-- A service that takes Idempotency-Key has this table: its migration repeats these statements.
create table idempotency_keys (
    id bytea primary key,  -- hash of caller, operation and key
    fingerprint bytea not null,  -- hash of the request
    status smallint,  -- of the answer, with its headers and body
    headers jsonb,
    body bytea,
    created_at timestamptz not null default now()
);

create index idempotency_keys_created_at on idempotency_keys (created_at);

-- migrate:down
drop table idempotency_keys;
