with queued as (
    select *
    from {{ ref('int_voice_calls') }}
    where queue_key is not null and direction <> 'outbound'
),

summed as (
    select
        day,
        queue_key,
        vendor,
        account,
        max(queue_name) as queue_name,
        count(*) as offered_calls,
        count(case when outcome = 'answered' then 1 end) as answered_calls,
        case
            when count(case when outcome = 'answered' and wait_seconds is null then 1 end) = 0
                then count(
                    case when outcome = 'answered' and wait_seconds <= {{ var('service_level_seconds', 20) }} then 1 end
                )
        end as answered_in_time_calls,
        count(case when outcome = 'abandoned' then 1 end) as abandoned_calls,
        avg(case when outcome = 'answered' then cast(wait_seconds as {{ type_of('number') }}) end)
            as average_speed_of_answer_seconds,
        {{ as_seconds('max(wait_seconds)') }} as longest_wait_seconds
    from queued
    group by day, queue_key, vendor, account
)

select
    summed.*,
    cast(answered_in_time_calls as {{ type_of('number') }}) / offered_calls as service_level,
    cast(abandoned_calls as {{ type_of('number') }}) / offered_calls as abandoned_share
from summed
