{# Gives a row when the hours' calls do not add up to the days' calls. #}
select hourly.calls, daily.calls as daily_calls
from (select coalesce(sum(calls), 0) as calls from {{ ref('tap_callrecords', 'callrecords__hourly_call_load') }}) as hourly
cross join (select coalesce(sum(calls), 0) as calls from {{ ref('tap_callrecords', 'callrecords__daily_call_volume') }}) as daily
where hourly.calls <> daily.calls
