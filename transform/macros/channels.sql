{# The medium of an 8x8 Contact Center interaction (CC B6). #}
{% macro eightx8_channel(media_type) %}
    case lower({{ media_type }})
        when 'phone' then 'voice'
        when 'voicemail' then 'voicemail'
        when 'chat' then 'chat'
        when 'email' then 'email'
        else 'other'
    end
{% endmacro %}

{# Voiso's interaction types come in several spellings (VO 8): lower case, words joined by `_`, the vendor's spelling mistake corrected. #}
{% macro voiso_type(type) %}replace(replace(replace(lower({{ type }}), '-', '_'), ' ', '_'), 'hlr_ookup', 'hlr_lookup'){% endmacro %}

{# The medium of such a type. #}
{% macro voiso_channel(type) %}
    case
        when {{ type }} in (
            'inbound', 'outbound', 'dialer', 'campaign', 'click_to_call', 'queue_callback', 'scheduled_callback', 'callback'
        ) then 'voice'
        when {{ type }} in ('outbound_sms', 'inbound_sms', 'sms') then 'sms'
        when {{ type }} in ('chat', 'web_chat', 'whatsapp', 'instagram', 'facebook', 'telegram', 'viber') then 'chat'
        when {{ type }} = 'hlr_lookup' then 'lookup'
        else 'other'
    end
{% endmacro %}
