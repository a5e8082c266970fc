{{ config(materialized='table') }}
{#-
  What the volume models count: voice calls that began at a known time, on the wall clock of `callrecords_timezone`, with
  what the measures (macro `measures`) ask of a call.
-#}
{%- set repeat_days = var('callrecords_repeat_days', 7) -%}
with voice as (
    select
        calls.*,
        {{ report_time('calls.started_at') }} as started_local,
        lag(calls.started_at) over (
            partition by calls.direction, calls.customer_number order by calls.started_at, calls.call_key
        ) as previous_at,
        lead(calls.started_at) over (
            partition by calls.direction, calls.customer_number order by calls.started_at, calls.call_key
        ) as next_at,
        max(calls.started_at) over () as newest_at
    from {{ ref('tap_callrecords', 'callrecords__calls') }} as calls
    where calls.channel = 'voice' and calls.started_at is not null
),

placed as (
    select
        voice.*,
        cast(started_local as date) as day,
        {{ weekday('started_local') }} as weekday,
        cast(extract(hour from started_local) as integer) as hour_of_day,
        {{ half_hour('started_local') }} as half_hour,
        queue_key is not null and direction <> 'outbound' as is_offered,
        wait_seconds is not null or (
            outcome <> 'answered'
            {%- for vendor, about in vendors().items() if about.waits is defined and not about.waits %} and vendor <> '{{ vendor }}'{% endfor %}
        ) as has_known_wait,
        outcome = 'abandoned' and coalesce(wait_seconds, total_seconds) < {{ var('callrecords_short_abandon_seconds', 5) }}
            as is_short_abandon,
        direction = 'inbound' and customer_number is not null
            and coalesce({{ seconds_between('previous_at', 'started_at') }} <= {{ repeat_days * 86400 }}, false) as is_repeat,
        direction = 'inbound' and customer_number is not null
            and coalesce({{ seconds_between('started_at', 'next_at') }} <= {{ repeat_days * 86400 }}, false) as is_followed,
        direction = 'inbound' and customer_number is not null
            and {{ seconds_between('started_at', 'newest_at') }} > {{ repeat_days * 86400 }} as is_settled
    from voice
)

select
    placed.*,
    {% if var('callrecords_queue_targets', none) -%}
    coalesce(targets.service_level_seconds, {{ var('callrecords_service_level_seconds', 20) }}) as service_level_seconds,
    {%- else -%}
    {{ var('callrecords_service_level_seconds', 20) }} as service_level_seconds,
    {%- endif %}
    {% if var('callrecords_opening_hours', none) -%}
    {#- A day with no line is a day on which nobody is there. -#}
    {%- set hours = ref(var('callrecords_opening_hours')) -%}
    {%- set told = adapter.get_columns_in_relation(hours) | map(attribute='name') | map('lower') | list if execute else [] -%}
    {%- set zone = "coalesce(hours.timezone, '" ~ var('callrecords_timezone', 'UTC') ~ "')" -%}
    {%- set local = local_time('placed.started_at', zone) if 'timezone' in told else 'placed.started_local' -%}
    exists (
        select 1
        from {{ hours }} as hours
        where hours.weekday = {{ weekday(local) }}
            and {{ minute_of_day(local) }} >= hours.opens_minute
            and {{ minute_of_day(local) }} < hours.closes_minute
            {%- if 'site' in told %}
            and (hours.site is null or hours.site = placed.site)
            {%- endif %}
    ) as is_open
    {%- else -%}
    cast(null as boolean) as is_open
    {%- endif %}
from placed
{% if var('callrecords_queue_targets', none) -%}
left join {{ ref(var('callrecords_queue_targets')) }} as targets on targets.queue_key = placed.queue_key
{%- endif %}
