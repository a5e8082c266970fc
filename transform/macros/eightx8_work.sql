{#
  8x8 Work says Incoming and Outgoing, and is not known to say more; a call from one extension to another is internal all
  the same (WA 4.4). Three-digit callees are left out: emergency and service numbers look like that.
#}
{% macro eightx8_work_direction(word, calling, called) %}
    case
        when {{ is_extension(calling) }} and {{ is_extension(called) }} and length({{ called }}) > 3 then 'internal'
        when lower({{ word }}) in ('incoming', 'inbound') then 'inbound'
        when lower({{ word }}) in ('outgoing', 'outbound') then 'outbound'
        when lower({{ word }}) = 'internal' then 'internal'
        else 'unknown'
    end
{% endmacro %}

{# The own side of an answered call, when no leg names it: the caller going out, the callee coming in unless that is a queue. #}
{% macro eightx8_work_agent(part) -%}
case
        when records.outcome != 'answered' then null
        when records.direction = 'outbound' then records.caller_{{ part }}
        when coalesce(records.wait_seconds, 0) = 0 then records.callee_{{ part }}
    end
{%- endmacro %}

{# What the words of 8x8 Work mean: field, word, outcome, note (`callrecords__outcome_words`). #}
{% macro eightx8_work_words() %}
  {{ return([
      ('answered', 'answered', 'answered', 'flag of a record or leg'),
      ('answered', '-', '', 'the flag is not set'),
      ('missed', 'missed', 'missed', 'flag; stands beside Abandoned and Voicemail'),
      ('missed', '-', '', 'the flag is not set'),
      ('abandoned', 'abandoned', 'abandoned', 'flag; the caller hung up first'),
      ('abandoned', '-', '', 'the flag is not set'),
      ('last_leg_disposition', 'voicemail', 'voicemail', 'props_last_party_disp of a leg speaks the same words'),
      ('last_leg_disposition', 'missed', 'missed', 'props_last_party_disp of a leg speaks the same words'),
      ('last_leg_disposition', 'connected', 'answered', 'seen in use only'),
      ('last_leg_disposition', 'answered', 'answered', 'seen in use only'),
      ('last_leg_disposition', 'abandoned', 'abandoned', 'seen in use only'),
      ('cause', 'normal', '', 'says how the leg ended and not what came of it'),
      ('cause', 'ring no answer', 'missed', ''),
      ('cause', 'redirected', '', 'the call went on elsewhere'),
      ('cause', 'transfer', '', 'the call went on elsewhere'),
      ('cause', 'conference', '', 'the call went on elsewhere'),
      ('status', 'completed', '', ''),
      ('status', 'in progress', 'in_progress', 'dialling or talking or redirected'),
  ]) }}
{% endmacro %}

{# Rows of a table of the current endpoint, and those of the deprecated one whose key it lacks; `source_stream` says which. #}
{% macro eightx8_work_rows(name, keys) -%}
    {%- set current = ref('tap_callrecords', 'base_callrecords__eightx8_' ~ name) -%}
    select base.*, 'eightx8_{{ name }}' as source_stream
    from {{ current }} as base

    union all

    select deprecated.*, 'eightx8_cdr_{{ name }}' as source_stream
    from {{ ref('tap_callrecords', 'base_callrecords__eightx8_cdr_' ~ name) }} as deprecated
    where not exists (
        select 1
        from {{ current }} as base
        where {{ tap_callrecords.same_source('base', 'deprecated') }}
            {%- for key in keys %}{{ ' and ' if not loop.first }}base.{{ key }} = deprecated.{{ key }}{% endfor %}
    )
{%- endmacro %}
