{#
  Every figure once. A measure is a column that can be added up over days, queues and vendors; a share or a mean is one
  measure over another and is never averaged. `condition` counts the calls that fulfil it, `sum` adds up an expression;
  both are about a row of `int_callrecords__voice_calls`.
#}
{% macro measures() %}
  {%- set formula = var('callrecords_service_level_formula', 'over_offered') -%}
  {%- if formula not in ('over_offered', 'without_short_abandons', 'over_answered') -%}
    {{ exceptions.raise_compiler_error("callrecords_service_level_formula is '" ~ formula
        ~ "'. It can be over_offered, without_short_abandons or over_answered.") }}
  {%- endif -%}
  {%- set measured = "is_offered and has_known_wait" ~ {
      'over_offered': "", 'without_short_abandons': " and not is_short_abandon",
      'over_answered': " and outcome = 'answered'"}[formula] -%}
  {{ return({
      'calls': {'condition': "true"},
      'answered_calls': {'condition': "outcome = 'answered'"},
      'inbound_calls': {'condition': "direction = 'inbound'"},
      'inbound_answered_calls': {'condition': "direction = 'inbound' and outcome = 'answered'"},
      'inbound_missed_calls': {'condition': "direction = 'inbound' and outcome = 'missed'"},
      'offered_calls': {'condition': "is_offered"},
      'offered_answered_calls': {'condition': "is_offered and outcome = 'answered'"},
      'abandoned_calls': {'condition': "is_offered and outcome = 'abandoned'"},
      'short_abandoned_calls': {'condition': "is_offered and is_short_abandon"},
      'service_level_calls': {'condition': measured},
      'answered_in_time_calls': {'condition': measured ~ " and outcome = 'answered' and wait_seconds <= service_level_seconds"},
      'waited_calls': {'condition': "is_offered and outcome = 'answered' and wait_seconds is not null"},
      'answer_wait_seconds': {'sum': "case when is_offered and outcome = 'answered' then wait_seconds end"},
      'talked_calls': {'condition': "outcome = 'answered' and talk_seconds is not null"},
      'talk_seconds': {'sum': "case when outcome = 'answered' then talk_seconds end"},
      'handle_seconds': {'sum': "case when outcome = 'answered' then talk_seconds + coalesce(wrapup_seconds, 0) end"},
      'numbered_calls': {'condition': "direction = 'inbound' and customer_number is not null"},
      'repeat_calls': {'condition': "is_repeat"},
      'settled_calls': {'condition': "is_settled and outcome = 'answered'"},
      'resolved_calls': {'condition': "is_settled and outcome = 'answered' and not is_followed"},
      'open_hours_calls': {'condition': "is_open and direction = 'inbound'"},
      'timed_calls': {'condition': "is_open is not null and direction = 'inbound'"},
  }) }}
{% endmacro %}

{# The figures that are made of the measures, with numerator and denominator in words: model `callrecords__figures`. #}
{% macro figures() %}
  {%- set seconds = var('callrecords_service_level_seconds', 20) -%}
  {%- set short = var('callrecords_short_abandon_seconds', 5) -%}
  {%- set days = var('callrecords_repeat_days', 7) -%}
  {%- set figures = {
      'calls': ['Calls', 'count', 'calls', none, 'voice calls that began in the period', none],
      'answered': ['Answered', 'share', 'inbound_answered_calls', 'inbound_calls',
          'inbound calls that a person answered', 'inbound calls'],
      'missed': ['Missed', 'share', 'inbound_missed_calls', 'inbound_calls',
          'inbound calls that nobody answered, neither voicemail nor a menu, and whose caller did not give up first', 'inbound calls'],
      'abandoned': ['Abandoned', 'share', 'abandoned_calls', 'offered_calls',
          'calls that met a queue or hunt group and whose caller hung up before an answer',
          'calls that met a queue or hunt group, outbound ones left out'],
      'service_level': ['Service level', 'share', 'answered_in_time_calls', 'service_level_calls',
          'calls of a queue answered within ' ~ seconds ~ ' s (or the time set for the queue)',
          {'over_offered': 'calls that met the queue',
           'without_short_abandons': 'calls that met the queue, those left out whose caller hung up in less than ' ~ short ~ ' s',
           'over_answered': 'calls of the queue that were answered'}[var('callrecords_service_level_formula', 'over_offered')]
          ~ '; vendors that do not tell waits left out'],
      'speed_of_answer': ['Average speed of answer', 'seconds', 'answer_wait_seconds', 'waited_calls',
          'seconds that answered calls waited in a queue, those that did not wait counted as 0',
          'answered calls that met a queue and whose wait is known'],
      'talk_time': ['Average talk', 'seconds', 'talk_seconds', 'talked_calls',
          'seconds of conversation, holds included', 'answered calls of every direction whose talk time is known'],
      'handling_time': ['Average handling', 'seconds', 'handle_seconds', 'talked_calls',
          'seconds of conversation, holds included, and of wrap-up where the vendor tells it',
          'answered calls of every direction whose talk time is known'],
      'repeat_callers': ['Repeat calls', 'share', 'repeat_calls', 'numbered_calls',
          'inbound calls from a number that had called within the ' ~ days ~ ' days before', 'inbound calls with a number'],
      'first_call_resolution': ['First-call resolution', 'share', 'resolved_calls', 'settled_calls',
          'answered inbound calls whose number did not call again within ' ~ days ~ ' days',
          'answered inbound calls with a number that are older than ' ~ days ~ ' days'],
  } -%}
  {%- if var('callrecords_opening_hours', none) -%}
    {%- do figures.update({'in_opening_hours': ['In opening hours', 'share', 'open_hours_calls', 'timed_calls',
        'inbound calls within the opening hours', 'inbound calls']}) -%}
  {%- endif -%}
  {{ return(figures) }}
{% endmacro %}

{# The columns of all measures, or of those that are named, for a model that groups voice calls. #}
{% macro measure_columns(names=none) -%}
    {%- for name, measure in tap_callrecords.measures().items() if names is none or name in names %}
    {% if measure.condition -%}
    count(case when {{ measure.condition }} then 1 end)
    {%- else -%}
    {{ tap_callrecords.as_seconds('sum(' ~ measure['sum'] ~ ')') }}
    {%- endif %} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Those measures added up from rows that have them, with the types that they have there. #}
{% macro measure_sums(names) -%}
    {%- for name in names %}
    {% if tap_callrecords.measures()[name].condition -%}
    cast(sum({{ name }}) as bigint)
    {%- else -%}
    {{ tap_callrecords.as_seconds('sum(' ~ name ~ ')') }}
    {%- endif %} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The measures that are told of queues, and the figures made of them. #}
{% macro queue_measures() %}
  {{ return([
      'offered_calls', 'offered_answered_calls', 'abandoned_calls', 'short_abandoned_calls', 'service_level_calls',
      'answered_in_time_calls', 'waited_calls', 'answer_wait_seconds', 'talked_calls', 'handle_seconds',
  ]) }}
{% endmacro %}
{% macro queue_shares() -%}
    {{ tap_callrecords.figure('service_level') }} as service_level,
    {{ tap_callrecords.figure('abandoned') }} as abandoned_share,
    {{ tap_callrecords.figure('speed_of_answer') }} as average_speed_of_answer_seconds,
    {{ tap_callrecords.figure('handling_time') }} as average_handling_seconds
{%- endmacro %}

{# A figure by its name, from a model's own measure columns; null where its denominator is 0. #}
{% macro figure(name) -%}
    {%- set figure = tap_callrecords.figures()[name] -%}
    cast({{ figure[2] }} as {{ tap_callrecords.type_of('number') }}) / nullif({{ figure[3] }}, 0)
{%- endmacro %}
