{#-
  One row per interaction. Both streams tell of the same calls, under the same id: the detailed report's row is taken
  where there is one.
-#}
with transactions as (
    select
        stg.*,
        row_number() over (partition by interaction_id order by started_at, transaction_id) as first_rank,
        row_number() over (
            partition by interaction_id
            order by case when queue_name is null and queue_id is null then 1 else 0 end, started_at, transaction_id
        ) as queue_rank
    from {{ ref('stg_eightx8_interactions') }} as stg
),

legs as (
    select
        stg.*,
        row_number() over (
            partition by call_key
            order by case when outcome = 'answered' and agent_id is not null then 0 else 1 end, started_at desc, leg_key desc
        ) as agent_rank
    from {{ ref('stg_eightx8_interaction_participants') }} as stg
),

of_legs as (
    select
        call_key,
        count(*) as leg_count,
        min(case when outcome = 'answered' then answered_at end) as answered_at,
        max(case when agent_rank = 1 and outcome = 'answered' then agent_id end) as agent_id,
        max(case when agent_rank = 1 and outcome = 'answered' then agent_name end) as agent_name,
        {{ as_seconds("max(case when agent_rank = 1 then ring_seconds end)") }} as ring_seconds
    from legs
    group by call_key
),

interactions as (
    select
        {{ key_of('eightx8_contact_center', 'account', ['interaction_id']) }} as call_key,
        account,
        interaction_id,
        max(case when first_rank = 1 then channel end) as channel,
        max(case when first_rank = 1 then direction end) as direction,
        {{ strongest_outcome_of_group('outcome') }} as outcome,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        max(case when first_rank = 1 then caller_number end) as caller_number,
        max(case when first_rank = 1 then caller_name end) as caller_name,
        max(case when first_rank = 1 then callee_number end) as callee_number,
        max(case when first_rank = 1 then callee_name end) as callee_name,
        max(case when queue_rank = 1 then queue_id end) as queue_id,
        max(case when queue_rank = 1 then queue_name end) as queue_name,
        max(case when first_rank = 1 then agent_id end) as agent_id,
        max(case when first_rank = 1 then agent_name end) as agent_name,
        {{ as_seconds('sum(wait_seconds)') }} as wait_seconds,
        {{ as_seconds('sum(talk_seconds)') }} as talk_seconds,
        {{ as_seconds('sum(hold_seconds)') }} as hold_seconds,
        {{ any_true('is_transferred') }} as is_transferred,
        max(source_at) as source_at
    from transactions
    group by account, interaction_id
)

select
    interactions.call_key,
    'eightx8_contact_center' as vendor,
    interactions.account,
    interactions.interaction_id as vendor_call_id,
    interactions.channel, interactions.direction, interactions.outcome,
    interactions.started_at,
    case when interactions.outcome = 'answered' then of_legs.answered_at end as answered_at,
    interactions.ended_at,
    interactions.caller_number, interactions.caller_name, interactions.callee_number, interactions.callee_name,
    interactions.queue_id, interactions.queue_name,
    case when of_legs.agent_id is null then interactions.agent_id else of_legs.agent_id end as agent_id,
    case when of_legs.agent_id is null then interactions.agent_name else of_legs.agent_name end as agent_name,
    of_legs.ring_seconds,
    interactions.wait_seconds, interactions.talk_seconds, interactions.hold_seconds,
    {{ seconds_between('interactions.started_at', 'interactions.ended_at') }} as total_seconds,
    interactions.is_transferred,
    of_legs.leg_count,
    'eightx8_interactions' as source_stream,
    interactions.source_at
from interactions
left join of_legs on of_legs.call_key = interactions.call_key

union all

select {{ call_columns() | join(', ') }}
from {{ ref('stg_eightx8_recent_calls') }} as recent
where not exists (select 1 from interactions where interactions.interaction_id = recent.vendor_call_id)
