{#- One row per interaction and transaction, in our words. -#}
with labels as (
    select
        base.source_relation,
        base.interaction_id,
        base.transaction_id,
        {{ strongest_outcome_of_group('words.outcome') }} as outcome
    from {{ ref('tap_callrecords', 'base_callrecords__eightx8_interactions') }} as base
    {{ json_elements('base.interaction_labels', 'label') }}
    inner join {{ ref('tap_callrecords', 'callrecords__outcome_words') }} as words
        on words.vendor = 'eightx8_contact_center' and words.field = 'outcome'
        and words.vendor_word = lower(trim({{ element_text('label') }}))
    group by base.source_relation, base.interaction_id, base.transaction_id
)

select
    base.source_relation,
    base.interaction_id,
    base.transaction_id,
    {{ given('base.journey_id') }} as linked_id,
    {{ eightx8_tenant('base.interaction_id', "''") }} as account,
    {{ eightx8_channel('base.media_type') }} as channel,
    {{ eightx8_contact_center_direction('base.direction', 'base.interaction_type') }} as direction,
    {{ strongest_outcome([
        'labels.outcome', 'final.outcome', 'state_word.outcome',
        "case when base.participant_handling_duration > 0 then 'answered' end",
        "case when base.time_to_abandon > 0 then 'abandoned' end",
    ]) }} as outcome,
    base.creation_time_utc as started_at,
    base.finished_time as ended_at,
    case
        when lower(base.direction) like 'outbound%' then {{ given('base.origination') }}
        else coalesce({{ given('base.customer_phone') }}, {{ given('base.origination') }})
    end as caller_number,
    case when lower(base.direction) like 'inbound%' then {{ given('base.customer_name') }} end as caller_name,
    case
        when lower(base.direction) like 'outbound%' then coalesce({{ given('base.destination') }}, {{ given('base.customer_phone') }})
        else coalesce({{ given('base.destination') }}, {{ given('base.channel_id') }})
    end as callee_number,
    case when lower(base.direction) like 'outbound%' then {{ given('base.customer_name') }} end as callee_name,
    case
        when lower(base.direction) like 'inbound%' then coalesce({{ given('base.channel_id') }}, {{ given('base.destination') }})
    end as dialled_number,
    {{ given('base.campaign_name') }} as campaign_name,
    {{ json_first('base.wrap_up_code') }} as wrapup_code,
    {{ ended_by('base.terminated_by') }} as ended_by,
    {{ given('base.queue_id') }} as queue_id,
    {{ given('base.queue_name') }} as queue_name,
    {{ json_first('base.participant_id') }} as agent_id,
    {{ json_first('base.participant_name') }} as agent_name,
    {{ seconds('coalesce(nullif(base.time_to_abandon, 0), base.queue_wait_duration)') }} as wait_seconds,
    {{ seconds('base.participant_handling_duration') }} as talk_seconds,
    {{ seconds('base.participant_hold_duration') }} as hold_seconds,
    {{ seconds('base.participant_wrap_up_duration') }} as wrapup_seconds,
    (
        {{ given('base.transfers') }} is not null
        or coalesce(base.blind_transfer_to_agent, 0) + coalesce(base.blind_transfer_to_queue, 0)
        + coalesce(base.warm_transfers_completed, 0) > 0
    ) as is_transferred,
    {{- extra_of('base_callrecords__eightx8_interactions', 'base') }}
    base.participants,
    base.creation_time_utc as source_at
from {{ ref('tap_callrecords', 'base_callrecords__eightx8_interactions') }} as base
left join labels 
    on {{ same_source('labels', 'base') }}labels.interaction_id = base.interaction_id and labels.transaction_id = base.transaction_id
{{ join_outcome('final', 'eightx8_contact_center', 'outcome', 'base.outcome') }}
{{ join_outcome('state_word', 'eightx8_contact_center', 'state', 'base.state') }}
