{# Gives a row when the days' calls do not add up to the voice calls with a known start. #}
select daily.calls, listed.calls as voice_calls
from (select coalesce(sum(calls), 0) as calls from {{ ref('tap_callrecords', 'callrecords__daily_call_volume') }}) as daily
cross join (
    select count(*) as calls from {{ ref('tap_callrecords', 'callrecords__calls') }} where channel = 'voice' and started_at is not null
) as listed
where daily.calls <> listed.calls
