with queued as (
    select
        calls.*,
        case when outcome = 'answered' then 1 else 0 end as is_answered,
        case when outcome = 'answered' and wait_seconds <= {{ var('service_level_seconds', 20) }} then 1 else 0 end
            as is_answered_in_time,
        case when outcome = 'answered' and wait_seconds is null then 1 else 0 end as has_unknown_wait,
        case when outcome = 'abandoned' then 1 else 0 end as is_abandoned
    from {{ ref('int_voice_calls') }} as calls
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
        sum(is_answered) as answered_calls,
        case when sum(has_unknown_wait) = 0 then sum(is_answered_in_time) end as answered_in_time_calls,
        sum(is_abandoned) as abandoned_calls,
        avg(case when is_answered = 1 then cast(wait_seconds as {{ type_of('number') }}) end) as average_speed_of_answer_seconds,
        max(wait_seconds) as longest_wait_seconds
    from queued
    group by day, queue_key, vendor, account
)

select
    summed.*,
    cast(answered_in_time_calls as {{ type_of('number') }}) / offered_calls as service_level,
    cast(abandoned_calls as {{ type_of('number') }}) / offered_calls as abandoned_share
from summed
