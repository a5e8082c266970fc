{#- Legs tell who was offered what; calls whose vendor gives no legs count for the agent whom the call names. -#}
with worked as (
    select
        legs.agent_key, legs.vendor, legs.account, legs.agent_side, legs.outcome,
        calls.outcome as call_outcome,
        legs.talk_seconds, legs.hold_seconds,
        coalesce(legs.started_at, calls.started_at) as started_at
    from {{ ref('call_legs') }} as legs
    inner join {{ ref('calls') }} as calls on calls.call_key = legs.call_key
    where legs.agent_key is not null and legs.channel = 'voice'

    union all

    select
        calls.agent_key, calls.vendor, calls.account,
        case when calls.direction = 'outbound' then 'calling' else 'called' end as agent_side,
        calls.outcome,
        calls.outcome as call_outcome,
        calls.talk_seconds, calls.hold_seconds, calls.started_at
    from {{ ref('calls') }} as calls
    where calls.agent_key is not null
        and calls.channel = 'voice'
        and not exists (select 1 from {{ ref('call_legs') }} as legs where legs.call_key = calls.call_key)
)

select
    cast({{ report_time('worked.started_at') }} as date) as day,
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
from worked
where started_at is not null
group by 1, 2, 3, 4
