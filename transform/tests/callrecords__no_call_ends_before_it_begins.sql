{{ config(severity='warn') }}
{# Gives the calls whose instants or durations run backwards: clocks and vendors err. #}
select call_key
from {{ ref('tap_callrecords', 'callrecords__calls') }}
where ended_at < started_at
    or answered_at < started_at
    or least(
        coalesce(ring_seconds, 0), coalesce(wait_seconds, 0), coalesce(talk_seconds, 0), coalesce(hold_seconds, 0),
        coalesce(total_seconds, 0)
    ) < 0
