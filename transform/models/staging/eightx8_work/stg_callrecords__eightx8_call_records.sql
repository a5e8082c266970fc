with records as (
    {{ eightx8_work_rows('call_records', ['pbx_id', 'call_id']) }}
),

judged as (
    select
        records.*,
        {{ strongest_outcome([
            'answered_flag.outcome', 'missed_flag.outcome', 'abandoned_flag.outcome', 'last_leg.outcome',
            "case when records.talk_time_ms > 0 then 'answered' end",
        ]) }} as outcome
    from records
    {{ join_outcome('answered_flag', 'eightx8_work', 'answered', 'records.answered') }}
    {{ join_outcome('missed_flag', 'eightx8_work', 'missed', 'records.missed') }}
    {{ join_outcome('abandoned_flag', 'eightx8_work', 'abandoned', 'records.abandoned') }}
    {{ join_outcome('last_leg', 'eightx8_work', 'last_leg_disposition', 'records.last_leg_disposition') }}
)

select
    {{ key_of('eightx8_work', 'pbx_id', ['call_id']) }} as call_key,
    source_relation,
    'eightx8_work' as vendor,
    pbx_id as account,
    call_id as vendor_call_id,
    'voice' as channel,
    {{ eightx8_work_direction('direction', 'caller', 'callee') }} as direction,
    outcome,
    start_time_utc as started_at,
    case when outcome = 'answered' then coalesce(connect_time_utc, answered_time) end as answered_at,
    disconnected_time_utc as ended_at,
    {{ given('caller') }} as caller_number,
    {{ given('caller_name') }} as caller_name,
    {{ given('callee') }} as callee_number,
    {{ given('callee_name') }} as callee_name,
    {{ given('dnis') }} as dialled_number,
    {{ json_first('branches') }} as site,
    {{ json_first('departments') }} as department,
    {{ seconds('ring_duration') }} as ring_seconds,
    {{ seconds('wait_time_ms') }} as wait_seconds,
    {{ seconds('talk_time_ms') }} as talk_seconds,
    {{ seconds('callee_hold_duration_ms') }} as hold_seconds,
    {{ seconds('call_time') }} as total_seconds,
    call_leg_count as leg_count,
    {{- extra_of('base_callrecords__eightx8_call_records', 'judged') }}
    source_stream,
    start_time_utc as source_at
from judged
