{#- One leg per time that an interaction was offered to a participant. -#}
with participants as (
    select
        interaction.source_relation,
        interaction.interaction_id,
        interaction.transaction_id,
        interaction.account,
        interaction.channel,
        interaction.direction,
        interaction.caller_number,
        interaction.caller_name,
        interaction.callee_number,
        interaction.callee_name,
        interaction.queue_id,
        interaction.queue_name,
        interaction.source_at,
        {{ json_text(json_element('each'), 'participant_type') }} as participant_type,
        {{ json_text(json_element('each'), 'participant_id') }} as participant_id,
        {{ json_text(json_element('each'), 'participant_name') }} as participant_name,
        {{ json_text(json_element('each'), 'participant_offer_action') }} as offer_action,
        {{ cast_text(json_text(json_element('each'), 'participant_assign_number'), 'integer') }} as assign_number,
        {{ cast_text(json_text(json_element('each'), 'participant_offer_time'), 'timestamp') }} as offered_at,
        {{ cast_text(json_text(json_element('each'), 'participant_assign_time'), 'timestamp') }} as assigned_at,
        {{ cast_text(json_text(json_element('each'), 'participant_offer_action_time'), 'timestamp') }} as acted_at,
        {{ cast_text(json_text(json_element('each'), 'participant_handling_end_time'), 'timestamp') }} as handled_until,
        {{ cast_text(json_text(json_element('each'), 'participant_offer_duration'), 'integer') }} as offer_duration,
        {{ cast_text(json_text(json_element('each'), 'participant_handling_duration'), 'integer') }} as handling_duration,
        {{ cast_text(json_text(json_element('each'), 'participant_hold_duration'), 'integer') }} as hold_duration,
        {{ cast_text(json_text(json_element('each'), 'blind_transfer_to_agent'), 'integer') }} as blind_transfer_to_agent,
        {{ cast_text(json_text(json_element('each'), 'blind_transfer_to_queue'), 'integer') }} as blind_transfer_to_queue,
        {{ cast_text(json_text(json_element('each'), 'warm_transfers_completed'), 'integer') }} as warm_transfers_completed
    from {{ ref('tap_callrecords', 'stg_callrecords__eightx8_interactions') }} as interaction
    {{ json_elements('interaction.participants', 'each') }}
),

judged as (
    select
        participants.*,
        cast(row_number() over (
            partition by participants.source_relation, participants.interaction_id, participants.transaction_id
            order by
                participants.assign_number, coalesce(participants.offered_at, participants.assigned_at), participants.participant_id
        ) as {{ type_of('text') }}) as position,
        {{ strongest_outcome([
            'offer.outcome', "case when participants.handling_duration > 0 then 'answered' end",
        ]) }} as outcome
    from participants
    {{ join_outcome('offer', 'eightx8_contact_center', 'participant_offer_action', 'participants.offer_action') }}
)

select
    {{ key_of('eightx8_contact_center', 'account', ['interaction_id', 'transaction_id', 'position']) }} as leg_key,
    {{ key_of('eightx8_contact_center', 'account', ['interaction_id']) }} as call_key,
    source_relation,
    'eightx8_contact_center' as vendor,
    account,
    interaction_id as vendor_call_id,
    transaction_id || ':' || position as vendor_leg_id,
    channel,
    direction,
    outcome,
    case lower(participant_type) when 'agent' then 'person' when 'externalnumber' then 'external' else 'service' end as party,
    coalesce(offered_at, assigned_at) as started_at,
    case when outcome = 'answered' then acted_at end as answered_at,
    coalesce(handled_until, acted_at) as ended_at,
    caller_number,
    caller_name,
    callee_number,
    callee_name,
    queue_id,
    queue_name,
    case when lower(participant_type) = 'agent' then participant_id end as agent_id,
    case when lower(participant_type) = 'agent' then participant_name end as agent_name,
    case when direction = 'outbound' then 'calling' else 'called' end as agent_side,
    {{ seconds('offer_duration') }} as ring_seconds,
    {{ seconds('handling_duration') }} as talk_seconds,
    {{ seconds('hold_duration') }} as hold_seconds,
    {{ seconds_between('coalesce(offered_at, assigned_at)', 'coalesce(handled_until, acted_at)') }} as total_seconds,
    coalesce(blind_transfer_to_agent, 0) + coalesce(blind_transfer_to_queue, 0) + coalesce(warm_transfers_completed, 0) > 0
        as is_transfer,
    'eightx8_interactions' as source_stream,
    source_at
from judged
