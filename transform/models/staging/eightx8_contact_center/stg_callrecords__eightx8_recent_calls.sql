with calls as (
    select
        base.*,
        {{ eightx8_tenant('call_id', 'tenant_id') }} as account,
        {{ eightx8_contact_center_direction('call_type', 'null') }} as call_direction,
        {{ strongest_outcome([
            "case when agent_call_handling_duration > 0 then 'answered' end",
            "case when abandon_time > 0 then 'abandoned' end",
            "case when lower(call_type) = 'outbound' or wait_time > 0 then 'missed' end",
            "case when time_in_ivr > 0 and coalesce(wait_time, 0) = 0 then 'completed' end",
        ]) }} as outcome,
        {#- The tenant is part of the vendor's key, and comes in several spellings. -#}
        row_number() over (partition by source_relation, call_id order by call_duration desc, tenant_id asc) as spelling
    from {{ ref('tap_callrecords', 'base_callrecords__eightx8_recent_calls') }} as base
)

select
    {{ key_of('eightx8_contact_center', 'account', ['call_id']) }} as call_key,
    source_relation,
    'eightx8_contact_center' as vendor,
    account,
    call_id as vendor_call_id,
    cast(null as {{ type_of('text') }}) as linked_id,
    'voice' as channel,
    call_direction as direction,
    outcome,
    call_date_utc as started_at,
    {# An outbound call waits in no queue, and when it was answered is not told. -#}
    case
        when outcome = 'answered' and call_direction <> 'outbound'
            then {{ plus_milliseconds('call_date_utc', 'coalesce(time_in_ivr, 0) + coalesce(wait_time, 0)') }}
    end as answered_at,
    {{ plus_milliseconds('call_date_utc', 'call_duration') }} as ended_at,
    {{ given('caller_number') }} as caller_number,
    {{ given('caller_name') }} as caller_name,
    coalesce({{ given('dialed_number') }}, {{ given('destination_number') }}) as callee_number,
    cast(null as {{ type_of('text') }}) as callee_name,
    case when call_direction = 'inbound' then {{ given('dialed_number') }} end as dialled_number,
    {{ json_first('queue_ids') }} as queue_id,
    cast(null as {{ type_of('text') }}) as queue_name,
    {{ json_first('agent_ids') }} as agent_id,
    cast(null as {{ type_of('text') }}) as agent_name,
    cast(null as {{ type_of('text') }}) as site,
    cast(null as {{ type_of('text') }}) as department,
    cast(null as {{ type_of('text') }}) as campaign_name,
    cast(null as {{ type_of('text') }}) as wrapup_code,
    {{ ended_by('hungup_by') }} as ended_by,
    cast(null as {{ type_of('number') }}) as cost,
    {{ as_seconds('null') }} as ring_seconds,
    {{ seconds('coalesce(nullif(abandon_time, 0), wait_time)') }} as wait_seconds,
    {{ seconds('agent_call_handling_duration') }} as talk_seconds,
    {{ seconds('hold_duration') }} as hold_seconds,
    {{ as_seconds('null') }} as wrapup_seconds,
    {{ seconds('call_duration') }} as total_seconds,
    transfer_count > 0 as is_transferred,
    cast(null as {{ type_of('integer') }}) as leg_count,
    {{- extra_of('base_callrecords__eightx8_recent_calls', 'calls') }}
    'eightx8_recent_calls' as source_stream,
    call_date_utc as source_at
from calls
where spelling = 1
