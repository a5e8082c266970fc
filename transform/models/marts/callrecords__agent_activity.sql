select
    cast({{ report_time('started_at') }} as date) as day,
    agent_key,
    vendor,
    account,
    count(case when agent_side = 'called' then 1 end) as offered_calls,
    count(case when agent_side = 'called' and outcome = 'answered' then 1 end) as answered_calls,
    count(
        case when agent_side = 'called' and outcome <> 'answered' and call_outcome <> 'answered' then 1 end
    ) as missed_calls,
    count(
        case when agent_side = 'called' and outcome <> 'answered' and call_outcome = 'answered' then 1 end
    ) as answered_by_others_calls,
    count(case when agent_side = 'calling' then 1 end) as made_calls,
    count(case when agent_side = 'calling' and outcome = 'answered' then 1 end) as made_answered_calls,
    {{ as_seconds("sum(case when outcome = 'answered' then talk_seconds end)") }} as talk_seconds,
    {{ as_seconds("sum(case when outcome = 'answered' then hold_seconds end)") }} as hold_seconds
from {{ ref('tap_callrecords', 'int_callrecords__agent_work') }}
where started_at is not null
group by 1, 2, 3, 4
