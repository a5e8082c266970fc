{#-
  One row per correlation id. Each party and service of a call has a leg of its own, so the legs that tell most decide:
  those of people who were called, else those of queues, attendants and the like, else that of the caller. Where none of
  the people answered, a leg that reached voicemail tells more than theirs.
-#}
with legs as (
    select
        stg.*,
        row_number() over (partition by call_key order by started_at asc, weight desc, vendor_leg_id asc) as first_rank,
        row_number() over (
            partition by call_key order by case when queue_id is null then 1 else 0 end, started_at, vendor_leg_id
        ) as queue_rank,
        min(weight) over (partition by call_key) as deciding_weight
    from {{ ref('tap_callrecords', 'stg_callrecords__webex_call_legs') }} as stg
),

ranked as (
    select
        legs.*,
        weight = deciding_weight as decides,
        row_number() over (
            partition by call_key
            order by
                case when weight = deciding_weight and outcome = 'answered' and agent_id is not null then 0 else 1 end,
                started_at desc, vendor_leg_id desc
        ) as agent_rank
    from legs
),

calls as (
    select
        call_key, source_relation, vendor, account, vendor_call_id, channel,
        max(linked_id) as linked_id,
        {{- of_first('first_rank', ['direction', 'caller_number', 'caller_name', 'callee_number', 'callee_name', 'dialled_number'] + extra_columns()) }}
        {{- of_first('queue_rank', ['queue_id', 'queue_name']) }}
        {{- of_first('agent_rank', ['site', 'department', 'ended_by']) }}
        {{- of_first('agent_rank', ['agent_id', 'agent_name'], "decides and outcome = 'answered'") }}
        {{ strongest_outcome_of_group("case when decides or outcome = 'voicemail' then outcome end") }} as outcome,
        min(started_at) as started_at,
        min(case when decides and outcome = 'answered' then answered_at end) as answered_at,
        max(ended_at) as ended_at,
        min(case when queue_rank = 1 and queue_id is not null then started_at end) as queued_at,
        max(case when queue_rank = 1 and queue_id is not null then ended_at end) as queue_left_at,
        {{ as_seconds("max(case when agent_rank = 1 then ring_seconds end)") }} as ring_seconds,
        {{ as_seconds("sum(case when decides and outcome = 'answered' then talk_seconds else 0 end)") }} as talk_seconds,
        {{ as_seconds("sum(case when decides then hold_seconds else 0 end)") }} as hold_seconds,
        {{ any_true('is_transfer') }} as is_transferred,
        count(*) as leg_count,
        min(source_stream) as source_stream,
        max(source_at) as source_at
    from ranked
    group by call_key, source_relation, vendor, account, vendor_call_id, channel
)

select
    call_key, source_relation, vendor, account, vendor_call_id, linked_id, channel, direction, outcome,
    started_at, answered_at, ended_at,
    caller_number, caller_name, callee_number, callee_name, dialled_number,
    queue_id, queue_name, agent_id, agent_name,
    site, department,
    cast(null as {{ type_of('text') }}) as campaign_name,
    cast(null as {{ type_of('text') }}) as wrapup_code,
    ended_by,
    cast(null as {{ type_of('number') }}) as cost,
    ring_seconds,
    {{ seconds_between('queued_at', "case when outcome = 'answered' then answered_at else queue_left_at end") }} as wait_seconds,
    talk_seconds, hold_seconds,
    {{ as_seconds('null') }} as wrapup_seconds,
    {{ seconds_between('started_at', 'ended_at') }} as total_seconds,
    is_transferred, leg_count,
    {% for column in extra_columns() %}{{ column }}, {% endfor %}
    source_stream, source_at
from calls
