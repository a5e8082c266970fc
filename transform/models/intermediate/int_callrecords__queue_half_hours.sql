{#- What the figures of queues are made of, by half-hour: the days' and the half-hours' model divide and add up these. -#}
select
    day,
    half_hour,
    queue_key,
    vendor,
    account,
    max(queue_name) as queue_name,
    {{ measure_columns(queue_measures()) }},
    {{ as_seconds('max(wait_seconds)') }} as longest_wait_seconds
from {{ ref('tap_callrecords', 'int_callrecords__voice_calls') }}
where is_offered
group by day, half_hour, queue_key, vendor, account
