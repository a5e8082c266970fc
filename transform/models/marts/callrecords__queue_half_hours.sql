with summed as (
    select
        half_hour,
        queue_key,
        vendor,
        account,
        max(queue_name) as queue_name,
        {{ measure_columns([
            'offered_calls', 'offered_answered_calls', 'abandoned_calls', 'short_abandoned_calls',
            'service_level_calls', 'answered_in_time_calls', 'waited_calls', 'answer_wait_seconds',
            'talked_calls', 'handle_seconds',
        ]) }},
        {{ as_seconds('max(wait_seconds)') }} as longest_wait_seconds
    from {{ ref('tap_callrecords', 'int_callrecords__voice_calls') }}
    where is_offered
    group by half_hour, queue_key, vendor, account
)

select
    summed.*,
    {{ figure('service_level') }} as service_level,
    {{ figure('abandoned') }} as abandoned_share,
    {{ figure('speed_of_answer') }} as average_speed_of_answer_seconds,
    {{ figure('handling_time') }} as average_handling_seconds
from summed
