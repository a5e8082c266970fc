{#-
  A call's way, its agent and its times stand in its legs; they are optional, so a call is made from its record alone where
  it has none, and from its legs where its record is missing. Legs overlap and repeat each other: talk is the time in which
  somebody was on the line, each second once.
-#}
{%- set made_by_record = "summed.agent_id is null or (records.direction = 'outbound' and records.agent_id is not null)" -%}
{%- set order = "coalesce(segment, 0), started_at, element_number, leg_key" -%}
with records as (
    select * from {{ ref('tap_callrecords', 'stg_callrecords__zoom_phone_calls') }} where record_key = call_key
),

legs as (
    select
        stg.*,
        queue_id is not null as is_queue,
        outcome = 'answered' and party in ('person', 'external') as is_talk,
        row_number() over (partition by call_key order by {{ order }}) as first_rank,
        row_number() over (partition by call_key order by case when queue_id is null then 1 else 0 end, {{ order }}) as queue_rank,
        row_number() over (
            partition by call_key
            order by
                case when outcome <> 'answered' or agent_id is null then 2 when agent_side = 'called' then 0 else 1 end asc,
                case when answered_at is null then 1 else 0 end asc, answered_at desc,
                case when started_at is null then 1 else 0 end asc, started_at desc, leg_key desc
        ) as agent_rank
    from {{ ref('tap_callrecords', 'stg_callrecords__zoom_phone_call_legs') }} as stg
),

talked as (
    select
        legs.*,
        max(case when is_talk then ended_at end) over (
            partition by call_key order by case when is_talk then 0 else 1 end, answered_at, ended_at, leg_key
            rows between unbounded preceding and 1 preceding
        ) as talked_until
    from legs
),

summed as (
    select
        call_key, source_relation, vendor, account, vendor_call_id, channel,
        {{- of_first('first_rank', ['direction', 'caller_number', 'caller_name', 'callee_number', 'callee_name']) }}
        {{- of_first('queue_rank', ['queue_id', 'queue_name']) }}
        {{- of_first('agent_rank', ['agent_id', 'agent_name'], "(outcome = 'answered' and agent_side = 'called' or direction = 'outbound')") }}
        {{ strongest_outcome_of_group('outcome') }} as outcome,
        min(started_at) as started_at,
        min(case when is_talk then answered_at end) as answered_at,
        max(ended_at) as ended_at,
        {{ as_seconds("max(case when agent_rank = 1 and agent_id is not null then ring_seconds end)") }} as ring_seconds,
        {{ as_seconds("max(case when queue_rank = 1 and is_queue then coalesce(wait_seconds, ring_seconds) end)") }} as wait_seconds,
        {{ as_seconds("sum(case
            when not is_talk or ended_at <= answered_at or ended_at <= talked_until then 0
            when talked_until > answered_at then " ~ seconds_between('talked_until', 'ended_at') ~ "
            else " ~ seconds_between('answered_at', 'ended_at') ~ "
        end)") }} as talk_seconds,
        {{ as_seconds('sum(case when agent_id is not null then hold_seconds end)') }} as hold_seconds,
        {{ any_true('is_transfer') }} as is_transferred,
        count(*) as leg_count,
        max(source_at) as source_at
    from talked
    group by call_key, source_relation, vendor, account, vendor_call_id, channel
),

together as (
    select
        records.call_key, records.source_relation, records.vendor, records.account, records.vendor_call_id,
        records.linked_id, records.channel, records.direction, records.outcome, records.started_at,
        case when records.outcome = 'answered' then coalesce(summed.answered_at, records.answered_at) end as answered_at,
        records.ended_at,
        records.caller_number, records.caller_name, records.callee_number, records.callee_name, records.dialled_number,
        coalesce(summed.queue_id, records.queue_id) as queue_id,
        case when summed.queue_id is null then records.queue_name else summed.queue_name end as queue_name,
        case when {{ made_by_record }} then records.agent_id else summed.agent_id end as agent_id,
        case when {{ made_by_record }} then records.agent_name else summed.agent_name end as agent_name,
        records.site, records.department,
        summed.ring_seconds, summed.wait_seconds, summed.talk_seconds, summed.hold_seconds,
        summed.is_transferred, summed.leg_count,
        {% for column in extra_columns() %}records.{{ column }}, {% endfor %}
        records.source_stream, greatest(records.source_at, coalesce(summed.source_at, records.source_at)) as source_at
    from records
    left join summed on summed.call_key = records.call_key

    union all

    select
        call_key, source_relation, vendor, account, vendor_call_id,
        cast(null as {{ type_of('text') }}) as linked_id,
        channel, direction, outcome, started_at,
        case when outcome = 'answered' then answered_at end as answered_at,
        ended_at,
        caller_number, caller_name, callee_number, callee_name,
        cast(null as {{ type_of('text') }}) as dialled_number,
        queue_id, queue_name, agent_id, agent_name,
        cast(null as {{ type_of('text') }}) as site,
        cast(null as {{ type_of('text') }}) as department,
        ring_seconds, wait_seconds, talk_seconds, hold_seconds,
        is_transferred, leg_count,
        {% for column in extra_columns() %}null as {{ column }}, {% endfor %}
        'zoom_phone_call_legs' as source_stream, source_at
    from summed
    where not exists (select 1 from records where records.call_key = summed.call_key)
)

select
    call_key, source_relation, vendor, account, vendor_call_id, linked_id, channel, direction, outcome,
    started_at, answered_at, ended_at,
    caller_number, caller_name, callee_number, callee_name, dialled_number,
    queue_id, queue_name, agent_id, agent_name, site, department,
    {{ not_told() }},
    ring_seconds, wait_seconds,
    {{ as_seconds("case
        when outcome = 'answered' then coalesce(nullif(talk_seconds, 0), " ~ seconds_between('answered_at', 'ended_at') ~ ")
        when leg_count is not null then talk_seconds
    end") }} as talk_seconds,
    hold_seconds,
    {{ as_seconds('null') }} as wrapup_seconds,
    {{ seconds_between('started_at', 'ended_at') }} as total_seconds,
    is_transferred, leg_count,
    {% for column in extra_columns() %}{{ column }}, {% endfor %}
    source_stream, source_at
from together
