select
    contact_key,
    vendor,
    account,
    count(*) as calls,
    min(started_at) as started_at,
    max(ended_at) as ended_at,
    {{ strongest_outcome_of_group('outcome') }} as outcome,
    {{ as_seconds('sum(talk_seconds)') }} as talk_seconds
from {{ ref('tap_callrecords', 'callrecords__calls') }}
group by contact_key, vendor, account
