{%- set columns = [
    'report_id', 'correlation_id', 'org_uuid', 'direction', 'call_type', 'answered', 'answer_time', 'start_time',
    'release_time', 'report_time', 'duration', 'ring_duration', 'hold_duration', 'calling_number', 'calling_line_id',
    'called_number', 'called_line_id', 'user', 'user_type', 'user_uuid', 'call_outcome', 'call_outcome_reason',
    'related_reason', 'redirecting_number', 'redirect_reason', 'redirecting_party_uuid',
    'call_transfer_time', 'transfer_related_call_id', 'transfer_type',
    'source_relation', 'location', 'department_id', 'releasing_party', 'dialed_digits', 'interaction_id',
] -%}
with legs as (
    select {% for column in columns %}feed.{{ column }}, {% endfor %}
        {{- extra_of('base_callrecords__webex_detailed_call_history', 'feed') }}
        'webex_detailed_call_history' as source_stream
    from {{ ref('tap_callrecords', 'base_callrecords__webex_detailed_call_history') }} as feed

    union all

    select {% for column in columns %}live.{{ column }}, {% endfor %}
        {{- extra_of('base_callrecords__webex_live_call_history', 'live') }}
        'webex_live_call_history' as source_stream
    from {{ ref('tap_callrecords', 'base_callrecords__webex_live_call_history') }} as live
    where not exists (
        select 1 from {{ ref('tap_callrecords', 'base_callrecords__webex_detailed_call_history') }} as feed
        where {{ same_source('feed', 'live') }}feed.report_id = live.report_id
    )
),

judged as (
    select
        legs.*,
        legs.user as user_name,
        coalesce({{ given('legs.correlation_id') }}, legs.report_id) as call_id,
        case
            when lower(legs.user_type) like 'callcenter%' then 'queue'
            when lower(legs.user_type) = 'huntgroup' then 'hunt_group'
            when lower(legs.user_type) like 'automatedattendant%' then 'auto_attendant'
            when lower(legs.user_type) like 'voicemail%' then 'voicemail'
            when lower(legs.user_type) in ('localgateway', 'routelist') then 'trunk'
            when lower(legs.user_type) in ('user', 'place', 'virtualline') then 'person'
            when {{ given('legs.user_type') }} is null then 'person'
            else 'service'
        end as party,
        case
            when legs.answered then coalesce(answered_by.outcome, answer_word.outcome)
            when {{ given('legs.call_outcome_reason') }} is not null then coalesce(reason.outcome, outcome_word.outcome, 'other')
            else coalesce(outcome_word.outcome, answer_word.outcome, 'other')
        end as outcome
    from legs
    {{ join_outcome('answered_by', 'webex_calling', 'user_type', 'legs.user_type') }}
    {{ join_outcome('reason', 'webex_calling', 'call_outcome_reason', 'legs.call_outcome_reason') }}
    {{ join_outcome('outcome_word', 'webex_calling', 'call_outcome', 'legs.call_outcome') }}
    {{ join_outcome('answer_word', 'webex_calling', 'answered', "case when legs.answered then 'true' when not legs.answered then 'false' end") }}
)

select
    {{ key_of('webex_calling', 'org_uuid', ['call_id', 'report_id']) }} as leg_key,
    {{ key_of('webex_calling', 'org_uuid', ['call_id']) }} as call_key,
    source_relation,
    'webex_calling' as vendor,
    coalesce(org_uuid, '') as account,
    call_id as vendor_call_id,
    report_id as vendor_leg_id,
    'voice' as channel,
    {{ webex_direction('direction', 'call_type') }} as direction,
    outcome,
    party,
    start_time as started_at,
    case when answered then answer_time end as answered_at,
    coalesce(release_time, report_time) as ended_at,
    {{ given('calling_number') }} as caller_number,
    nullif({{ given('calling_line_id') }}, 'NA') as caller_name,
    {{ given('called_number') }} as callee_number,
    nullif({{ given('called_line_id') }}, 'NA') as callee_name,
    {{ given('interaction_id') }} as linked_id,
    coalesce({{ given('dialed_digits') }}, {{ given('called_number') }}) as dialled_number,
    {{ given('location') }} as site,
    {{ given('department_id') }} as department,
    {{ ended_by('releasing_party') }} as ended_by,
    case when party in ('queue', 'hunt_group') then {{ given('user_uuid') }} end as queue_id,
    case when party in ('queue', 'hunt_group') then {{ given('user_name') }} end as queue_name,
    case when party = 'person' then {{ given('user_uuid') }} end as agent_id,
    case when party = 'person' then {{ given('user_name') }} end as agent_name,
    case when lower(direction) = 'originating' then 'calling' else 'called' end as agent_side,
    {{ as_seconds('ring_duration') }} as ring_seconds,
    {{ as_seconds('duration') }} as talk_seconds,
    {{ as_seconds('hold_duration') }} as hold_seconds,
    {{ seconds_between('start_time', 'coalesce(release_time, report_time)') }} as total_seconds,
    (
        call_transfer_time is not null
        or {{ given('transfer_related_call_id') }} is not null
        or {{ given('transfer_type') }} is not null
        or coalesce(lower(related_reason), '') in ('consultativetransfer', 'deflection')
    ) as is_transfer,
    {% for column in extra_columns() %}{{ column }}, {% endfor %}
    source_stream,
    coalesce(report_time, release_time, start_time) as source_at,
    {#- Which legs say how the call ended: people reached, else services reached, else the calling side. -#}
    case
        when lower(direction) = 'originating'
            and coalesce(
                {{ given('redirecting_number') }}, {{ given('redirect_reason') }}, {{ given('redirecting_party_uuid') }}
            ) is null
            then 3
        when party = 'person' then 1
        else 2
    end as weight
from judged
