with spans as (
    select vendor, min(day) as first_day, max(day) as last_day
    from {{ ref('int_voice_calls') }}
    group by vendor
),

weekdays as (select n + 1 as weekday from ({{ numbers(7) }}) as week),

hours as (select n as hour_of_day from ({{ numbers(24) }}) as clock),

counted as (
    select
        vendor,
        {{ weekday('started_local') }} as weekday,
        cast(extract(hour from started_local) as integer) as hour_of_day,
        count(*) as calls,
        count(case when outcome = 'answered' then 1 end) as answered_calls
    from {{ ref('int_voice_calls') }}
    group by 1, 2, 3
),

grid as (
    select
        spans.vendor,
        weekdays.weekday,
        hours.hour_of_day,
        cast({{ weekdays_between('spans.first_day', 'spans.last_day', 'weekdays.weekday') }} as integer) as days
    from spans
    cross join weekdays
    cross join hours
)

select
    grid.vendor,
    grid.weekday,
    grid.hour_of_day,
    grid.days,
    coalesce(counted.calls, 0) as calls,
    coalesce(counted.answered_calls, 0) as answered_calls,
    cast(coalesce(counted.calls, 0) as {{ type_of('number') }}) / nullif(grid.days, 0) as calls_per_day
from grid
left join counted
    on counted.vendor = grid.vendor and counted.weekday = grid.weekday and counted.hour_of_day = grid.hour_of_day
