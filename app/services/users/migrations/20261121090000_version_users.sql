-- migrate:up
set local lock_timeout = '3s';

alter table users
    add column version bigint not null default 1 check (version > 0),
    add constraint users_name_controls check (name !~ '[\x01-\x1f\x7f]'),
    add constraint users_role_controls check (role !~ '[\x01-\x1f\x7f]'),
    alter column id type text collate "C";  -- pages have the same order on every server

-- migrate:down
set local lock_timeout = '3s';

alter table users
    drop column version,
    drop constraint users_name_controls,
    drop constraint users_role_controls,
    alter column id type text collate "default";
