{#-
  A caller leaves the list when somebody talks with the number, whoever called: later, or at the same time over another
  product. A call back that reached nobody is counted and leaves the number on the list.
-#}
with voice as (
    select * from {{ ref('tap_callrecords', 'int_callrecords__voice_calls') }} where customer_number is not null
),

reached as (
    select customer_number, max(started_at) as reached_at
    from voice
    where outcome = 'answered'
    group by customer_number
),

missed as (
    select
        voice.*,
        row_number() over (partition by voice.customer_number order by voice.started_at desc, voice.call_key desc) as newest
    from voice
    left join reached on reached.customer_number = voice.customer_number
    where voice.direction = 'inbound'
        and voice.outcome in ('missed', 'abandoned')
        and (reached.reached_at is null or reached.reached_at < voice.started_at)
),

waiting as (
    select
        customer_number,
        min(started_at) as waiting_since,
        max(started_at) as last_missed_at,
        count(*) as missed_calls,
        max(case when newest = 1 then call_key end) as last_call_key,
        {{- of_first('newest', ['caller_name', 'vendor', 'account']) }}
        max(case when newest = 1 then outcome end) as last_outcome,
        {{- of_first('newest', ['queue_key', 'queue_name']) | trim(',') }}
    from missed
    group by customer_number
)

select
    waiting.*,
    (
        select count(*)
        from voice
        where voice.customer_number = waiting.customer_number
            and voice.direction = 'outbound'
            and voice.started_at > waiting.waiting_since
    ) as call_backs_tried
from waiting
