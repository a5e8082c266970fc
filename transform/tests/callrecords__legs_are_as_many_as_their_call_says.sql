{{ config(severity='warn') }}
{#
  Gives the calls whose legs here are fewer or more than the vendor counted. A warning: at the edge of what was read, and
  while a call lasts, its record and its legs may differ. Calls without any leg here are no matter of this test.
#}
select calls.call_key, calls.leg_count, legs.leg_count as legs_here
from {{ ref('tap_callrecords', 'callrecords__calls') }} as calls
inner join (
    select call_key, count(*) as leg_count
    from {{ ref('tap_callrecords', 'callrecords__call_legs') }}
    group by call_key
) as legs on legs.call_key = calls.call_key
where calls.leg_count <> legs.leg_count
