{#-
  One row per element of a call's detail. Several elements may tell of one ring of one phone, as after a transfer, or
  where the call has a record for each side: the person stands on one of them, so that nobody is offered one ring twice.
-#}
with legs as (
    select
        base.*,
        coalesce(base.account_id, '') as account,
        {{ zoom_phone_direction('base.connect_type', 'base.direction') }} as leg_direction,
        {{ zoom_phone_party('base.caller_ext_type') }} as caller_party,
        {{ zoom_phone_party('base.callee_ext_type') }} as callee_party,
        {#- A supervisor who listens is not whom the call was for. -#}
        coalesce(lower(trim(base.event)), '') in ('monitor', 'whisper', 'listen', 'barge', 'conference_barge') as is_listener,
        case
            when lower(trim(base.result_reason)) in ('answered_by_other', 'pickup_by_other') then 'missed'
            else coalesce(words.outcome, 'other')
        end as outcome
    from {{ ref('tap_callrecords', 'base_callrecords__zoom_phone_call_legs') }} as base
    {{ join_outcome('words', 'zoom_phone', 'result', 'base.result') }}
),

keyed as (
    select
        legs.*,
        {{ key_of('zoom_phone', 'account', ['call_history_uuid', 'call_element_id']) }} as leg_key,
        {{ key_of('zoom_phone', 'account', ['call_history_uuid']) }} as record_key
    from legs
),

placed as (
    select
        keyed.*,
        coalesce(records.call_key, keyed.record_key) as call_key,
        coalesce(records.vendor_call_id, keyed.call_history_uuid) as kept_uuid,
        {#- Of a call between colleagues the called side is known by every record, the calling one by the mirrored record too. -#}
        case
            when lower(trim(keyed.direction)) = 'outbound' and (keyed.leg_direction <> 'internal' or records.call_key <> keyed.record_key)
                then 'calling'
            else 'called'
        end as agent_side
    from keyed
    left join {{ ref('tap_callrecords', 'stg_callrecords__zoom_phone_calls') }} as records on records.record_key = keyed.record_key
),

named as (
    select
        placed.*,
        case
            when is_listener then null
            when agent_side = 'calling' and caller_party = 'person' then {{ given('caller_ext_id') }}
            when agent_side = 'called' and callee_party = 'person' then {{ given('callee_ext_id') }}
        end as person_id,
        {{ given('caller_name') }} as caller,
        {{ given('callee_name') }} as callee
    from placed
),

ranked as (
    select
        named.*,
        row_number() over (
            partition by call_key, person_id, agent_side, start_time
            order by
                case when outcome = 'answered' then 0 else 1 end asc,
                case when end_time is null then 1 else 0 end asc, end_time desc, leg_key desc
        ) as ring_rank
    from named
)

select
    leg_key,
    call_key,
    source_relation,
    'zoom_phone' as vendor,
    account,
    kept_uuid as vendor_call_id,
    call_element_id as vendor_leg_id,
    'voice' as channel,
    leg_direction as direction,
    outcome,
    case when is_listener then 'service' when outcome = 'voicemail' then 'voicemail' else callee_party end as party,
    start_time as started_at,
    case when outcome = 'answered' then answer_time end as answered_at,
    end_time as ended_at,
    coalesce({{ given('caller_did_number') }}, {{ given('caller_ext_number') }}) as caller_number,
    caller as caller_name,
    coalesce({{ given('callee_did_number') }}, {{ given('callee_ext_number') }}) as callee_number,
    callee as callee_name,
    case when callee_party in ('queue', 'hunt_group') then {{ given('callee_ext_id') }} end as queue_id,
    case when callee_party in ('queue', 'hunt_group') then callee end as queue_name,
    case when ring_rank = 1 then person_id end as agent_id,
    case when ring_rank = 1 and person_id is not null then case when agent_side = 'calling' then caller else callee end end as agent_name,
    agent_side,
    {{ seconds_between('start_time', 'coalesce(answer_time, end_time)') }} as ring_seconds,
    {{ as_seconds("case when outcome = 'answered' then coalesce(talk_time, " ~ seconds_between('answer_time', 'end_time') ~ ") end") }} as talk_seconds,
    {{ as_seconds('hold_time') }} as hold_seconds,
    {{ seconds_between('start_time', 'end_time') }} as total_seconds,
    coalesce(lower(event) like '%transfer%', false) as is_transfer,
    {{ as_seconds('coalesce(waiting_time, wait_time)') }} as wait_seconds,
    segment,
    element_number,
    'zoom_phone_call_legs' as source_stream,
    call_start_time as source_at
from ranked
