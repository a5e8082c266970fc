select
    half_hour,
    queue_key,
    vendor,
    account,
    queue_name,
    {{ queue_measures() | join(',\n    ') }},
    longest_wait_seconds,
    {{ queue_shares() }}
from {{ ref('tap_callrecords', 'int_callrecords__queue_half_hours') }}
