with summed as (
    select
        day,
        queue_key,
        vendor,
        account,
        max(queue_name) as queue_name,
        {{ measure_sums(queue_measures()) }},
        {{ as_seconds('max(longest_wait_seconds)') }} as longest_wait_seconds
    from {{ ref('tap_callrecords', 'int_callrecords__queue_half_hours') }}
    group by day, queue_key, vendor, account
)

select
    summed.*,
    {{ queue_shares() }}
from summed
