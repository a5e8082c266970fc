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

{# 8x8 Contact Center says Inbound and Outbound, or InboundDir and OutboundDir; calls between agents are internal (CC A2, B6). #}
{% macro eightx8_contact_center_direction(word, interaction_type) %}
    case
        when lower({{ interaction_type }}) in ('internalcall', 'consultationcall') then 'internal'
        when lower({{ word }}) like 'inbound%' then 'inbound'
        when lower({{ word }}) like 'outbound%' then 'outbound'
        else 'unknown'
    end
{% endmacro %}

{# Webex Calling says which side of the leg its row is; SIP_ENTERPRISE means that both sides are of the organisation (WX 11.1). #}
{% macro webex_direction(side, call_type) %}
    case
        when lower({{ call_type }}) = 'sip_enterprise' then 'internal'
        when lower({{ call_type }}) = 'sip_inbound' then 'inbound'
        when lower({{ side }}) = 'terminating' then 'inbound'
        when lower({{ side }}) = 'originating' then 'outbound'
        else 'unknown'
    end
{% endmacro %}

{# Voiso's interaction type tells who began it; digital conversations do not say (VO 8). #}
{% macro voiso_direction(type) %}
    case
        when {{ type }} in ('inbound', 'inbound_sms') then 'inbound'
        when {{ type }} in (
            'outbound', 'dialer', 'campaign', 'click_to_call', 'queue_callback', 'scheduled_callback', 'callback',
            'outbound_sms', 'sms'
        ) then 'outbound'
        else 'unknown'
    end
{% endmacro %}
