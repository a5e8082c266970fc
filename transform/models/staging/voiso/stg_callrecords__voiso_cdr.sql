with interactions as (
    select base.*, {{ voiso_type('base.type') }} as interaction_type
    from {{ ref('tap_callrecords', 'base_callrecords__voiso_cdr') }} as base
),

judged as (
    select
        interactions.*,
        coalesce(words.outcome, 'other') as outcome
    from interactions
    {{ join_outcome('words', 'voiso', 'disposition', 'interactions.disposition') }}
)

select
    {{ key_of('voiso', voiso_account(), ['uuid']) }} as call_key,
    source_relation,
    'voiso' as vendor,
    {{ voiso_account() }} as account,
    uuid as vendor_call_id,
    {{ given('related_call') }} as linked_id,
    {{ voiso_channel('interaction_type') }} as channel,
    {{ voiso_direction('interaction_type') }} as direction,
    outcome,
    {{ plus_milliseconds('timestamp_utc', '-1000 * duration_seconds') }} as started_at,
    cast(null as {{ type_of('timestamp') }}) as answered_at,
    timestamp_utc as ended_at,
    {{ given('from_party') }} as caller_number,
    cast(null as {{ type_of('text') }}) as caller_name,
    {{ given('to_party') }} as callee_number,
    {{ given('destination_name') }} as callee_name,
    case when {{ voiso_direction('interaction_type') }} = 'inbound' then {{ given('to_party') }} end as dialled_number,
    cast(null as {{ type_of('text') }}) as queue_id,
    {{ given('queue') }} as queue_name,
    cast(agent_id as {{ type_of('text') }}) as agent_id,
    {{ given('agent') }} as agent_name,
    cast(null as {{ type_of('text') }}) as site,
    cast(null as {{ type_of('text') }}) as department,
    cast(null as {{ type_of('text') }}) as campaign_name,
    {{ given('wrapup_code') }} as wrapup_code,
    cast(null as {{ type_of('text') }}) as ended_by,
    cast(cpc as {{ type_of('number') }}) as cost,
    {{ as_seconds('null') }} as ring_seconds,
    {{ as_seconds('null') }} as wait_seconds,
    {{ as_seconds('null') }} as talk_seconds,
    {{ as_seconds('null') }} as hold_seconds,
    {{ as_seconds('null') }} as wrapup_seconds,
    {{ as_seconds('duration_seconds') }} as total_seconds,
    cast(null as boolean) as is_transferred,
    cast(null as {{ type_of('integer') }}) as leg_count,
    {{- extra_of('base_callrecords__voiso_cdr', 'judged') }}
    'voiso_cdr' as source_stream,
    timestamp_utc as source_at
from judged
