-- migrate:up
set local lock_timeout = '3s';

create table users (
    id text primary key check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
    name text not null check (length(name) between 1 and 200),
    role text not null check (length(role) between 1 and 100),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- migrate:down
drop table users;
