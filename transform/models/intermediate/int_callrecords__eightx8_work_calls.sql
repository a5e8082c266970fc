{#- A call's queue, agent and transfers stand in its legs only. A call whose record is missing is made from its legs. -#}
with records as (select * from {{ ref('tap_callrecords', 'stg_callrecords__eightx8_call_records') }}),

legs as (
    select
        stg.*,
        row_number() over (partition by call_key order by started_at, vendor_leg_id) as first_rank,
        row_number() over (partition by call_key, party order by started_at, vendor_leg_id) as first_of_party,
        row_number() over (
            partition by call_key
            order by case when outcome = 'answered' and agent_id is not null then 0 else 1 end, started_at desc, vendor_leg_id desc
        ) as agent_rank
    from {{ ref('tap_callrecords', 'stg_callrecords__eightx8_call_legs') }} as stg
),

summed as (
    select
        call_key, source_relation, vendor, account, vendor_call_id, channel,
        max(linked_id) as linked_id,
        {{- of_first('first_rank', ['direction', 'caller_number', 'caller_name', 'callee_number', 'callee_name']) }}
        {{- of_first('agent_rank', ['agent_id', 'agent_name'], "outcome = 'answered'") }}
        {{ strongest_outcome_of_group('outcome') }} as outcome,
        min(started_at) as started_at,
        min(answered_at) as answered_at,
        max(ended_at) as ended_at,
        max(case when party = 'queue' and first_of_party = 1 then queue_id end) as queue_id,
        max(case when party = 'queue' and first_of_party = 1 then queue_name end) as queue_name,
        {{ as_seconds("max(case when first_rank = 1 then ring_seconds end)") }} as ring_seconds,
        {{ as_seconds('sum(talk_seconds)') }} as talk_seconds,
        {{ as_seconds('sum(hold_seconds)') }} as hold_seconds,
        {{ any_true('is_transfer') }} as is_transferred,
        count(*) as leg_count,
        max(source_at) as source_at
    from legs
    group by call_key, source_relation, vendor, account, vendor_call_id, channel
)

select
    records.call_key, records.source_relation, records.vendor, records.account, records.vendor_call_id,
    summed.linked_id, records.channel,
    records.direction, records.outcome, records.started_at, records.answered_at, records.ended_at,
    records.caller_number, records.caller_name, records.callee_number, records.callee_name,
    records.dialled_number,
    summed.queue_id,
    coalesce(
        summed.queue_name,
        case when records.wait_seconds > 0 then coalesce(records.callee_name, records.callee_number) end
    ) as queue_name,
    coalesce(summed.agent_id, {{ eightx8_work_agent('number') }}) as agent_id,
    case when summed.agent_id is null then {{ eightx8_work_agent('name') }} else summed.agent_name end as agent_name,
    records.site, records.department,
    {{ not_told() }},
    records.ring_seconds, records.wait_seconds, records.talk_seconds, records.hold_seconds,
    {{ as_seconds('null') }} as wrapup_seconds,
    records.total_seconds,
    coalesce(summed.is_transferred, false) as is_transferred,
    records.leg_count,
    {% for column in extra_columns() %}records.{{ column }}, {% endfor %}
    records.source_stream,
    greatest(coalesce(records.source_at, summed.source_at), coalesce(summed.source_at, records.source_at)) as source_at
from records
left join summed on summed.call_key = records.call_key

union all

select
    call_key, source_relation, vendor, account, vendor_call_id, linked_id, channel,
    direction, outcome, started_at, answered_at, ended_at,
    caller_number, caller_name, callee_number, callee_name,
    cast(null as {{ type_of('text') }}) as dialled_number,
    queue_id, queue_name, agent_id, agent_name,
    cast(null as {{ type_of('text') }}) as site,
    cast(null as {{ type_of('text') }}) as department,
    {{ not_told() }},
    ring_seconds,
    {{ as_seconds('null') }} as wait_seconds,
    talk_seconds, hold_seconds,
    {{ as_seconds('null') }} as wrapup_seconds,
    {{ seconds_between('started_at', 'ended_at') }} as total_seconds,
    is_transferred, leg_count,
    {% for column in extra_columns() %}null as {{ column }}, {% endfor %}
    'eightx8_call_legs' as source_stream, source_at
from summed
where not exists (select 1 from records where records.call_key = summed.call_key)
