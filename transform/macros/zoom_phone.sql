{#
  Whose side Zoom Phone calls inbound or outbound is our own; between two extensions of the account it is neither (ZP 7.1).
#}
{% macro zoom_phone_direction(connect_type, word) %}
    case
        when lower(trim({{ connect_type }})) = 'internal' then 'internal'
        when lower(trim({{ word }})) in ('inbound', 'outbound') then lower(trim({{ word }}))
        else 'unknown'
    end
{% endmacro %}

{# What kind of extension a side is (ZP 7.2); a side that is none is outside the account. #}
{% macro zoom_phone_party(ext_type) %}
    case
        when lower(trim({{ ext_type }})) in ('user', 'common_area', 'zoom_room', 'cisco_room') then 'person'
        when lower(trim({{ ext_type }})) = 'call_queue' then 'queue'
        when lower(trim({{ ext_type }})) in ('shared_line_group', 'group_call_pickup') then 'hunt_group'
        when lower(trim({{ ext_type }})) = 'auto_receptionist' then 'auto_attendant'
        when {{ given(ext_type) }} is null or lower(trim({{ ext_type }})) = 'external_contact' then 'external'
        else 'service'
    end
{% endmacro %}
