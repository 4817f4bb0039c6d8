-- migrate:up
set local lock_timeout = '3s';

create table orders (
    id uuid primary key,
    user_id text not null check (user_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    total numeric(10, 2) not null check (total >= 0),
    status text not null check (status in ('pending', 'invoiced', 'cancelled')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- A user's orders; also what an invoice refers to.
create unique index orders_user_id on orders (user_id, id);

create table order_items (
    id uuid primary key default gen_random_uuid(),
    order_id uuid not null references orders on delete cascade,
    position smallint not null check (position between 1 and 100),
    product_id text not null check (product_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    quantity integer not null check (quantity between 1 and 1000),
    unit_price numeric(10, 2) not null check (unit_price >= 0),
    total numeric(10, 2) not null generated always as (quantity * unit_price) stored
);

create unique index order_items_order_id on order_items (order_id, position);

-- At the end of each transaction an order's total is the sum of its items.
create function order_adds_up() returns trigger language plpgsql as $$
declare
    checked uuid;
    expected numeric;
begin
    if tg_table_name = 'orders' then
        checked := new.id;
    elsif tg_op = 'DELETE' then
        checked := old.order_id;
    else
        checked := new.order_id;
    end if;
    select total into expected from orders where id = checked;
    if found and expected <> (select coalesce(sum(total), 0) from order_items where order_id = checked) then
        raise check_violation using message = format('The total of order %s is not the sum of its items.', checked);
    end if;
    return null;
end
$$;

create constraint trigger adds_up after insert or update of total on orders
    deferrable initially deferred for each row execute function order_adds_up();
create constraint trigger adds_up after insert or update or delete on order_items
    deferrable initially deferred for each row execute function order_adds_up();

-- migrate:down
drop table order_items;
drop table orders;
drop function order_adds_up();
