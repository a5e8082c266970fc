with spans as (
    select vendor, account, min(day) as first_day, max(day) as last_day
    from {{ ref('tap_callrecords', 'int_callrecords__voice_calls') }}
    group by vendor, account
),

directions as (select distinct vendor, account, direction from {{ ref('tap_callrecords', 'int_callrecords__voice_calls') }}),

weekdays as (select n + 1 as weekday from ({{ numbers(7) }}) as week),

hours as (select n as hour_of_day from ({{ numbers(24) }}) as clock),

counted as (
    select vendor, account, direction, weekday, hour_of_day, {{ measure_columns(['calls', 'answered_calls']) }}
    from {{ ref('tap_callrecords', 'int_callrecords__voice_calls') }}
    group by vendor, account, direction, weekday, hour_of_day
),

grid as (
    select
        spans.vendor,
        spans.account,
        directions.direction,
        weekdays.weekday,
        hours.hour_of_day,
        cast({{ weekdays_between('spans.first_day', 'spans.last_day', 'weekdays.weekday') }} as integer) as days
    from spans
    inner join directions on directions.vendor = spans.vendor and directions.account = spans.account
    cross join weekdays
    cross join hours
)

select
    grid.vendor,
    grid.account,
    grid.direction,
    grid.weekday,
    grid.hour_of_day,
    grid.days,
    coalesce(counted.calls, 0) as calls,
    coalesce(counted.answered_calls, 0) as answered_calls,
    cast(coalesce(counted.calls, 0) as {{ type_of('number') }}) / nullif(grid.days, 0) as calls_per_day
from grid
left join counted
    on counted.vendor = grid.vendor and counted.account = grid.account and counted.direction = grid.direction
    and counted.weekday = grid.weekday and counted.hour_of_day = grid.hour_of_day
