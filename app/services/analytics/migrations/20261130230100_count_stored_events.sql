-- migrate:up transaction:false
-- Counts what was stored before, a batch in a transaction, while pods go on storing events. A run that was ended in the
-- middle is taken up by the next one.
do $$
declare
    counted integer;
begin
    select id into counted from models where state = 'building' and name = 'first';
    if counted is null then
        return;
    end if;
    while count_stored(counted, 5000) loop
        commit;
    end loop;
    perform switch_models();
    commit;
    delete from counted_events where model = counted;
end $$;

-- migrate:down
-- The counts stay: the table of events has not lost anything, and the migration before removes them.
