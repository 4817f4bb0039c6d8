-- migrate:up
set local lock_timeout = '3s';

create table invoices (
    id uuid primary key default gen_random_uuid(),
    order_id uuid not null unique,
    user_id text not null,
    status text not null default 'open' check (status in ('open', 'paid', 'void')),
    version integer not null default 1 check (version >= 1),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (user_id, order_id) references orders (user_id, id)
);

-- The pages of a user's invoices, the newest first.
create index invoices_user_id on invoices (user_id, created_at desc, id desc);

-- migrate:down
drop table invoices;
