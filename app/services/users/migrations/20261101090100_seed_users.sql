-- migrate:up
insert into users (id, name, role) values
    ('123', 'Mark Wells', 'Engineer'),
    ('124', 'Ada Osei', 'Architect'),
    ('125', 'Lena Fischer', 'Product Manager'),
    ('126', 'Tomás Rivera', 'Analyst')
on conflict (id) do nothing;

-- migrate:down
delete from users where id in ('123', '124', '125', '126');
