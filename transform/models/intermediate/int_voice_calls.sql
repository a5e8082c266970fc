{#- What the volume models count: voice calls that began at a known time, on the wall clock of `report_timezone`. -#}
select
    calls.*,
    {{ report_time('calls.started_at') }} as started_local,
    cast({{ report_time('calls.started_at') }} as date) as day
from {{ ref('calls') }} as calls
where calls.channel = 'voice' and calls.started_at is not null
