{{ config(materialized='table') }}
{#-
  Who was offered or made which call. Legs tell; a call whose vendor gives no legs counts for the agent whom it names.
  A call to a colleague is made by one agent and offered to the other: where no leg names the calling one, the call's
  caller does.
-#}
select
    legs.leg_key as work_key, legs.agent_key, legs.agent_id, legs.agent_name, legs.vendor, legs.account, legs.agent_side, legs.outcome,
    calls.outcome as call_outcome,
    legs.talk_seconds, legs.hold_seconds,
    coalesce(legs.started_at, calls.started_at, calls.source_at) as started_at
from {{ ref('tap_callrecords', 'callrecords__call_legs') }} as legs
inner join {{ ref('tap_callrecords', 'callrecords__calls') }} as calls on calls.call_key = legs.call_key
where legs.agent_key is not null and legs.channel = 'voice'

union all

select
    calls.call_key || ':agent' as work_key, calls.agent_key, calls.agent_id, calls.agent_name, calls.vendor, calls.account,
    case when calls.direction = 'outbound' then 'calling' else 'called' end as agent_side,
    calls.outcome,
    calls.outcome as call_outcome,
    calls.talk_seconds, calls.hold_seconds, coalesce(calls.started_at, calls.source_at) as started_at
from {{ ref('tap_callrecords', 'callrecords__calls') }} as calls
where calls.agent_key is not null
    and calls.channel = 'voice'
    and not exists (select 1 from {{ ref('tap_callrecords', 'callrecords__call_legs') }} as legs where legs.call_key = calls.call_key)

union all

select
    calls.call_key || ':caller' as work_key,
    calls.vendor || ':' || {{ owner('calls.account', 'calls.') }} || ':' || callers.agent_id as agent_key,
    callers.agent_id,
    callers.agent_name,
    calls.vendor, calls.account,
    'calling' as agent_side,
    calls.outcome,
    calls.outcome as call_outcome,
    calls.talk_seconds, calls.hold_seconds, coalesce(calls.started_at, calls.source_at) as started_at
from {{ ref('tap_callrecords', 'int_callrecords__callers') }} as callers
inner join {{ ref('tap_callrecords', 'callrecords__calls') }} as calls on calls.call_key = callers.call_key
where not exists (
    select 1 from {{ ref('tap_callrecords', 'callrecords__call_legs') }} as legs where legs.call_key = calls.call_key and legs.agent_side = 'calling'
)
