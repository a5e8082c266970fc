{# Our words for where a call came from: inbound, outbound, internal, unknown. #}
{% macro directions() %}{{ return(['inbound', 'outbound', 'internal', 'unknown']) }}{% endmacro %}

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
