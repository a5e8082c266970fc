{#-
  One row per record of the list. A call between two extensions may have a record for each side, under one call id and
  mirrored in direction: they are one call, that of the called side (ZP A30).
-#}
with records as (
    select
        base.*,
        coalesce(base.account_id, '') as account,
        lower(trim(base.direction)) as side,
        {{ zoom_phone_direction('base.connect_type', 'base.direction') }} as call_direction,
        {{ zoom_phone_party('base.caller_ext_type') }} as caller_party,
        {{ zoom_phone_party('base.callee_ext_type') }} as callee_party,
        coalesce(words.outcome, 'other') as outcome
    from {{ ref('tap_callrecords', 'base_callrecords__zoom_phone_calls') }} as base
    {{ join_outcome('words', 'zoom_phone', 'call_result', 'base.call_result') }}
),

mirrored as (
    select outgoing.source_relation, outgoing.account, outgoing.call_history_uuid, min(incoming.call_history_uuid) as kept_uuid
    from records as outgoing
    inner join records as incoming
        on {{ same_source('incoming', 'outgoing') }}incoming.account = outgoing.account
        and incoming.call_id = outgoing.call_id
        and abs({{ seconds_between('outgoing.start_time', 'incoming.start_time') }}) <= 2
    where outgoing.call_direction = 'internal' and outgoing.side = 'outbound'
        and incoming.call_direction = 'internal' and incoming.side = 'inbound'
    group by outgoing.source_relation, outgoing.account, outgoing.call_history_uuid
),

paired as (
    select records.*, coalesce(mirrored.kept_uuid, records.call_history_uuid) as kept_uuid
    from records
    left join mirrored
        on {{ same_source('mirrored', 'records') }}mirrored.account = records.account
        and mirrored.call_history_uuid = records.call_history_uuid
)

select
    {{ key_of('zoom_phone', 'account', ['call_history_uuid']) }} as record_key,
    {{ key_of('zoom_phone', 'account', ['kept_uuid']) }} as call_key,
    source_relation,
    'zoom_phone' as vendor,
    account,
    kept_uuid as vendor_call_id,
    {#- A direct transfer adds _1, _2 and so on to the id of the phone call (ZP 6). -#}
    split_part({{ given('call_id') }}, '_', 1) as linked_id,
    'voice' as channel,
    call_direction as direction,
    outcome,
    start_time as started_at,
    {#- A menu may count as an answer (ZP 12.3). -#}
    case when outcome = 'answered' and callee_party <> 'auto_attendant' then answer_time end as answered_at,
    end_time as ended_at,
    coalesce({{ given('caller_did_number') }}, {{ given('caller_ext_number') }}) as caller_number,
    {{ given('caller_name') }} as caller_name,
    coalesce({{ given('callee_did_number') }}, {{ given('callee_ext_number') }}) as callee_number,
    {{ given('callee_name') }} as callee_name,
    case when call_direction = 'inbound' then {{ given('callee_did_number') }} end as dialled_number,
    case when callee_party in ('queue', 'hunt_group') then {{ given('callee_ext_id') }} end as queue_id,
    case when callee_party in ('queue', 'hunt_group') then {{ given('callee_name') }} end as queue_name,
    case when caller_party = 'person' then {{ given('caller_ext_id') }} end as caller_id,
    case
        when call_direction = 'outbound' and caller_party = 'person' then {{ given('caller_ext_id') }}
        when call_direction <> 'outbound' and callee_party = 'person' and outcome = 'answered' then {{ given('callee_ext_id') }}
    end as agent_id,
    case
        when call_direction = 'outbound' and caller_party = 'person' then {{ given('caller_name') }}
        when call_direction <> 'outbound' and callee_party = 'person' and outcome = 'answered' then {{ given('callee_name') }}
    end as agent_name,
    {{ given('site_name') }} as site,
    {{ given('department') }} as department,
    {{- extra_of('base_callrecords__zoom_phone_calls', 'paired') }}
    'zoom_phone_calls' as source_stream,
    start_time as source_at
from paired
