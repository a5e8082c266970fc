select
    day,
    vendor,
    direction,
    outcome,
    count(*) as calls,
    sum(talk_seconds) as talk_seconds,
    sum(total_seconds) as total_seconds
from {{ ref('int_voice_calls') }}
group by day, vendor, direction, outcome
