select
    day,
    vendor,
    direction,
    outcome,
    count(*) as calls,
    {{ as_seconds('sum(talk_seconds)') }} as talk_seconds,
    {{ as_seconds('sum(total_seconds)') }} as total_seconds
from {{ ref('int_voice_calls') }}
group by day, vendor, direction, outcome
