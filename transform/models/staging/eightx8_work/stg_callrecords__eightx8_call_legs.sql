with legs as (
    {{ eightx8_work_rows('call_legs', ['pbx_id', 'call_id', 'leg_id']) }}
),

judged as (
    select
        legs.*,
        {{ eightx8_work_direction('legs.direction', 'legs.caller', 'legs.callee') }} as leg_direction,
        case
            when lower(legs.callee_svc_name) like 'vm%' then 'voicemail'
            when lower(legs.callee_svc_name) like 'acd%' then 'queue'
            when {{ given('legs.callee_svc_name') }} is not null then 'service'
            else 'person'
        end as party,
        {{ strongest_outcome([
            'answered_flag.outcome', 'missed_flag.outcome', 'abandoned_flag.outcome', 'last_party.outcome',
            'cause_word.outcome', 'status_word.outcome',
            "case when legs.talk_time_ms > 0 then 'answered' end",
        ]) }} as outcome
    from legs
    {{ join_outcome('answered_flag', 'eightx8_work', 'answered', 'legs.answered') }}
    {{ join_outcome('missed_flag', 'eightx8_work', 'missed', 'legs.missed') }}
    {{ join_outcome('abandoned_flag', 'eightx8_work', 'abandoned', 'legs.abandoned') }}
    {{ join_outcome('last_party', 'eightx8_work', 'last_leg_disposition', 'legs.props_last_party_disp') }}
    {{ join_outcome('cause_word', 'eightx8_work', 'cause', 'legs.cause') }}
    {{ join_outcome('status_word', 'eightx8_work', 'status', 'legs.status') }}
)

select
    {{ key_of('eightx8_work', 'pbx_id', ['call_id', 'leg_id']) }} as leg_key,
    {{ key_of('eightx8_work', 'pbx_id', ['call_id']) }} as call_key,
    source_relation,
    'eightx8_work' as vendor,
    pbx_id as account,
    call_id as vendor_call_id,
    leg_id as vendor_leg_id,
    'voice' as channel,
    leg_direction as direction,
    outcome,
    party,
    start_time_utc as started_at,
    case when outcome = 'answered' then connect_time_utc end as answered_at,
    disconnected_time_utc as ended_at,
    {{ given('caller') }} as caller_number,
    {{ given('caller_name') }} as caller_name,
    {{ given('callee') }} as callee_number,
    {{ given('callee_name') }} as callee_name,
    {#- Where personal data was dropped, all queues are one: that a call met one is known still. -#}
    case
        when party = 'queue' then coalesce({{ given('lra') }}, {{ given('callee') }}, {{ given('callee_svc_name') }})
    end as queue_id,
    case when party = 'queue' then coalesce({{ given('callee_name') }}, {{ given('callee') }}) end as queue_name,
    case
        when leg_direction = 'outbound' then {{ given('caller') }}
        when party = 'person' then {{ given('callee') }}
    end as agent_id,
    case
        when leg_direction = 'outbound' then {{ given('caller_name') }}
        when party = 'person' then {{ given('callee_name') }}
    end as agent_name,
    case when leg_direction = 'outbound' then 'calling' else 'called' end as agent_side,
    {{ seconds_between('start_time_utc', 'connect_time_utc') }} as ring_seconds,
    {{ seconds('talk_time_ms') }} as talk_seconds,
    {{ seconds('callee_hold_duration_ms') }} as hold_seconds,
    {{ seconds('call_time') }} as total_seconds,
    coalesce(lower(trim(cause)), '') = 'transfer' or {{ given('transfer_to_call_id') }} is not null as is_transfer,
    {{ given('parent_call_id') }} as linked_id,
    source_stream,
    coalesce(disconnected_time_utc, start_time_utc) as source_at
from judged
