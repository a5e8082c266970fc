{#-
  One row per interaction. Both streams have the same calls, under the same id: each column is the detailed report's
  where that says something, else the other stream's. A duration of 0 says nothing where the other stream has one.
-#}
{%- set other_columns = [
    'direction', 'outcome', 'started_at', 'answered_at', 'ended_at', 'caller_number', 'caller_name', 'callee_number',
    'dialled_number', 'queue_id', 'agent_id', 'ended_by', 'wait_seconds', 'talk_seconds', 'hold_seconds',
    'total_seconds', 'is_transferred', 'source_at',
] + extra_columns() -%}
with transactions as (
    select
        stg.*,
        row_number() over (partition by source_relation, interaction_id order by started_at, transaction_id) as first_rank,
        row_number() over (
            partition by source_relation, interaction_id order by started_at desc, transaction_id desc
        ) as last_rank,
        row_number() over (
            partition by source_relation, interaction_id
            order by case when queue_name is null and queue_id is null then 1 else 0 end, started_at, transaction_id
        ) as queue_rank
    from {{ ref('tap_callrecords', 'stg_callrecords__eightx8_interactions') }} as stg
),

legs as (
    select
        stg.*,
        row_number() over (
            partition by call_key
            order by case when outcome = 'answered' and agent_id is not null then 0 else 1 end, started_at desc, leg_key desc
        ) as agent_rank
    from {{ ref('tap_callrecords', 'stg_callrecords__eightx8_interaction_participants') }} as stg
),

of_legs as (
    select
        call_key,
        count(*) as leg_count,
        {{ strongest_outcome_of_group('outcome') }} as outcome,
        min(case when outcome = 'answered' then answered_at end) as answered_at,
        {{- of_first('agent_rank', ['agent_id', 'agent_name'], "outcome = 'answered'") }}
        {{ as_seconds("max(case when agent_rank = 1 then ring_seconds end)") }} as ring_seconds
    from legs
    group by call_key
),

interactions as (
    select
        {{ key_of('eightx8_contact_center', 'account', ['interaction_id']) }} as call_key,
        source_relation,
        account,
        max(linked_id) as linked_id,
        interaction_id,
        {{- of_first('first_rank', [
            'channel', 'direction', 'caller_number', 'caller_name', 'callee_number', 'callee_name', 'dialled_number', 'agent_id', 'agent_name',
        ] + extra_columns()) }}
        {{- of_first('queue_rank', ['queue_id', 'queue_name']) }}
        {{- of_first('last_rank', ['ended_by']) }}
        {{ strongest_outcome_of_group('outcome') }} as outcome,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        max(campaign_name) as campaign_name,
        max(wrapup_code) as wrapup_code,
        {{ as_seconds('sum(wait_seconds)') }} as wait_seconds,
        {{ as_seconds('sum(talk_seconds)') }} as talk_seconds,
        {{ as_seconds('sum(hold_seconds)') }} as hold_seconds,
        {{ as_seconds('sum(wrapup_seconds)') }} as wrapup_seconds,
        {{ any_true('is_transferred') }} as is_transferred,
        max(source_at) as source_at
    from transactions
    group by source_relation, account, interaction_id
),

matched as (
    select
        interactions.*,
        of_legs.outcome as leg_outcome,
        of_legs.agent_id as leg_agent_id,
        of_legs.agent_name as leg_agent_name,
        of_legs.answered_at as leg_answered_at,
        of_legs.ring_seconds,
        of_legs.leg_count,
        {% for column in other_columns -%}
        recent.{{ column }} as other_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from interactions
    left join of_legs on of_legs.call_key = interactions.call_key
    left join {{ ref('tap_callrecords', 'stg_callrecords__eightx8_recent_calls') }} as recent
        on {{ same_source('recent', 'interactions') }}recent.vendor_call_id = interactions.interaction_id
),

merged as (
    select
        matched.*,
        {#- What the report does not know, its legs do, else the other stream; a call that the other stream has is over. -#}
        case
            when outcome = 'other' and coalesce(leg_outcome, 'other') <> 'other' then leg_outcome
            when outcome in ('other', 'in_progress') then coalesce(nullif(other_outcome, 'other'), outcome)
            else outcome
        end as known_outcome
    from matched
)

select
    call_key,
    source_relation,
    'eightx8_contact_center' as vendor,
    account,
    interaction_id as vendor_call_id,
    linked_id,
    channel,
    coalesce(nullif(direction, 'unknown'), other_direction, 'unknown') as direction,
    known_outcome as outcome,
    coalesce(started_at, other_started_at) as started_at,
    {# Recent Calls tells whole seconds. -#}
    case
        when known_outcome = 'answered' and leg_answered_at is null and other_answered_at < started_at then started_at
        when known_outcome = 'answered' then coalesce(leg_answered_at, other_answered_at)
    end as answered_at,
    coalesce(ended_at, other_ended_at) as ended_at,
    coalesce(caller_number, other_caller_number) as caller_number,
    coalesce(caller_name, other_caller_name) as caller_name,
    coalesce(callee_number, other_callee_number) as callee_number,
    callee_name,
    coalesce(dialled_number, other_dialled_number) as dialled_number,
    case when queue_id is null and queue_name is null then other_queue_id else queue_id end as queue_id,
    queue_name,
    coalesce(leg_agent_id, agent_id, other_agent_id) as agent_id,
    case when leg_agent_id is null then agent_name else leg_agent_name end as agent_name,
    cast(null as {{ type_of('text') }}) as site,
    cast(null as {{ type_of('text') }}) as department,
    campaign_name,
    wrapup_code,
    coalesce(ended_by, other_ended_by) as ended_by,
    cast(null as {{ type_of('number') }}) as cost,
    ring_seconds,
    coalesce(nullif(wait_seconds, 0), other_wait_seconds, wait_seconds) as wait_seconds,
    coalesce(nullif(talk_seconds, 0), other_talk_seconds, talk_seconds) as talk_seconds,
    coalesce(nullif(hold_seconds, 0), other_hold_seconds, hold_seconds) as hold_seconds,
    wrapup_seconds,
    coalesce({{ seconds_between('started_at', 'ended_at') }}, other_total_seconds) as total_seconds,
    is_transferred or coalesce(other_is_transferred, false) as is_transferred,
    leg_count,
    'eightx8_interactions' as source_stream,
    greatest(source_at, coalesce(other_source_at, source_at)) as source_at
    {%- for column in extra_columns() %},
    coalesce({{ column }}, other_{{ column }}) as {{ column }}
    {%- endfor %}
from merged

union all

select {{ call_columns() | join(', ') }}
from {{ ref('tap_callrecords', 'stg_callrecords__eightx8_recent_calls') }} as recent
where not exists (
    select 1
    from interactions
    where {{ same_source('interactions', 'recent') }}interactions.interaction_id = recent.vendor_call_id
)
