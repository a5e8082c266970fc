select
    day,
    vendor,
    account,
    direction,
    outcome,
    count(*) as calls,
    {{ as_seconds('sum(talk_seconds)') }} as talk_seconds,
    {{ as_seconds('sum(total_seconds)') }} as total_seconds
from {{ ref('tap_callrecords', 'int_callrecords__voice_calls') }}
group by day, vendor, account, direction, outcome
