-- migrate:up
insert into events (id, type, user_id, occurred_at, amount, currency, attributes) values
    ('3f1f6f0e-6a55-4a43-9d6c-0d5e4bd3a3a1', 'order.placed', '123', '2026-11-02T09:30:00Z', 10.20, 'EUR',
        '{"channel": "web"}'),
    ('402a7a1f-7b66-4b54-8e7d-1e6f5ce4b4b2', 'order.placed', '123', '2026-11-09T14:05:00Z', 249.00, 'EUR',
        '{"channel": "app"}'),
    ('513b8b20-8c77-4c65-9f8e-2f706df5c5c3', 'order.placed', '123', '2026-11-16T08:12:30Z', 59.97, 'USD',
        '{"channel": "web"}'),
    ('624c9c31-9d88-4d76-8a9f-30817ea6d6d4', 'login', '123', '2026-11-16T08:10:00Z', null, null, '{}'),
    ('735dad42-ae99-4e87-9ba0-41928fb7e7e5', 'order.placed', '124', '2026-11-11T11:00:00Z', 18.40, 'EUR',
        '{"channel": "web"}')
on conflict (id) do nothing;

-- migrate:down
delete from events where id in (
    '3f1f6f0e-6a55-4a43-9d6c-0d5e4bd3a3a1', '402a7a1f-7b66-4b54-8e7d-1e6f5ce4b4b2',
    '513b8b20-8c77-4c65-9f8e-2f706df5c5c3', '624c9c31-9d88-4d76-8a9f-30817ea6d6d4',
    '735dad42-ae99-4e87-9ba0-41928fb7e7e5'
);
