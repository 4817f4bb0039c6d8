-- migrate:up
insert into orders (id, user_id, currency, total, status, created_at) values
    ('0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10', '123', 'EUR', 10.20, 'invoiced', '2026-11-02T09:30:00Z'),
    ('1f6e2c84-5b3d-4f0a-9c7e-2a4b6c8d0e12', '123', 'EUR', 249.00, 'invoiced', '2026-11-09T14:05:00Z'),
    ('2a7d3e95-6c4e-4b1b-8d8f-3b5c7d9e1f24', '123', 'USD', 59.97, 'invoiced', '2026-11-16T08:12:30Z'),
    ('3b8e4fa6-7d5f-4c2c-9e90-4c6d8eaf2035', '124', 'EUR', 18.40, 'invoiced', '2026-11-11T11:00:00Z')
on conflict (id) do nothing;

insert into order_items (order_id, position, product_id, quantity, unit_price) values
    ('0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10', 1, 'notebook', 2, 4.50),
    ('0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10', 2, 'pen', 1, 1.20),
    ('1f6e2c84-5b3d-4f0a-9c7e-2a4b6c8d0e12', 1, 'chair', 1, 249.00),
    ('2a7d3e95-6c4e-4b1b-8d8f-3b5c7d9e1f24', 1, 'lamp', 3, 19.99),
    ('3b8e4fa6-7d5f-4c2c-9e90-4c6d8eaf2035', 1, 'notebook', 4, 4.50),
    ('3b8e4fa6-7d5f-4c2c-9e90-4c6d8eaf2035', 2, 'eraser', 1, 0.40)
on conflict (order_id, position) do nothing;

insert into invoices (id, order_id, user_id, status, created_at) values
    ('5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f', '0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10', '123', 'paid',
        '2026-11-02T09:30:00Z'),
    ('6c1d8b63-9b1f-4d2c-8e4f-1b2d3c4e5f60', '1f6e2c84-5b3d-4f0a-9c7e-2a4b6c8d0e12', '123', 'open',
        '2026-11-09T14:05:00Z'),
    ('7d2e9c74-ac20-4e3d-9f50-2c3e4d5f6071', '2a7d3e95-6c4e-4b1b-8d8f-3b5c7d9e1f24', '123', 'open',
        '2026-11-16T08:12:30Z'),
    ('8e3fad85-bd31-4f4e-8061-3d4f5e607182', '3b8e4fa6-7d5f-4c2c-9e90-4c6d8eaf2035', '124', 'open',
        '2026-11-11T11:00:00Z')
on conflict (id) do nothing;

-- migrate:down
delete from invoices where id in (
    '5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f', '6c1d8b63-9b1f-4d2c-8e4f-1b2d3c4e5f60',
    '7d2e9c74-ac20-4e3d-9f50-2c3e4d5f6071', '8e3fad85-bd31-4f4e-8061-3d4f5e607182'
);
delete from orders where id in (
    '0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10', '1f6e2c84-5b3d-4f0a-9c7e-2a4b6c8d0e12',
    '2a7d3e95-6c4e-4b1b-8d8f-3b5c7d9e1f24', '3b8e4fa6-7d5f-4c2c-9e90-4c6d8eaf2035'
);
