{#- A call counts from its start to its end; one that ends as another begins is not counted with it. -#}
with changes as (
    select vendor, account, day, started_at as changed_at, 1 as change, call_key
    from {{ ref('tap_callrecords', 'int_callrecords__voice_calls') }}
    where ended_at >= started_at

    union all

    select vendor, account, cast({{ report_time('ended_at') }} as date) as day, ended_at as changed_at, -1 as change, call_key
    from {{ ref('tap_callrecords', 'int_callrecords__voice_calls') }}
    where ended_at >= started_at
),

running as (
    select
        vendor,
        account,
        day,
        sum(change) over (
            partition by vendor, account order by changed_at, change, call_key
            rows between unbounded preceding and current row
        ) as calls_at_once
    from changes
)

select day, vendor, account, cast(max(calls_at_once) as bigint) as calls_at_once
from running
group by day, vendor, account
