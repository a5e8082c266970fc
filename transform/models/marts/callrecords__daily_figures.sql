select
    day,
    vendor,
    account,
    direction,
    {{ measure_columns() }}
from {{ ref('tap_callrecords', 'int_callrecords__voice_calls') }}
group by day, vendor, account, direction
