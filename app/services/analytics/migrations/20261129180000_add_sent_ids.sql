-- migrate:up
set local lock_timeout = '3s';

-- The id that the caller gave an event; `id` is derived from it and from the caller, so that nobody takes another's.
-- Null, as in the rows that pods of the version before write, means that both are the same.
alter table events add column sent_id uuid;

-- migrate:down
set local lock_timeout = '3s';

alter table events drop column sent_id;
