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

{# What the words of Zoom Phone mean: field, word, outcome, note (`callrecords__outcome_words`). #}
{% macro zoom_phone_words() %}
  {{ return([
      ('call_result', 'answered', 'answered', 'an inbound call'),
      ('call_result', 'accepted', 'answered', ''),
      ('call_result', 'picked_up', 'answered', ''),
      ('call_result', 'connected', 'answered', 'an outbound call'),
      ('call_result', 'voicemail', 'voicemail', ''),
      ('call_result', 'abandoned', 'abandoned', ''),
      ('call_result', 'canceled', 'abandoned', 'the side that began it gave up'),
      ('call_result', 'hang_up', 'abandoned', 'the side that began it gave up'),
      ('call_result', 'busy', 'busy', ''),
      ('call_result', 'rejected', 'rejected', ''),
      ('call_result', 'system_blocked', 'rejected', 'a rule refused it'),
      ('call_result', 'blocked', 'rejected', 'seen in use only'),
      ('call_result', 'call_failed', 'failed', ''),
      ('call_result', 'invalid_operation', 'failed', ''),
      ('call_result', 'service_unavailable', 'failed', ''),
      ('call_result', 'unconnected', 'failed', ''),
      ('call_result', 'ring_timeout', 'missed', ''),
      ('call_result', 'no_answer', 'missed', ''),
      ('call_result', 'overflowed', 'missed', 'it went on and nobody took it'),
      ('call_result', 'succeeded', 'completed', 'a menu served the caller'),
      ('call_result', 'invalid_key', 'completed', 'the caller pressed a key that the menu does not have'),
      ('result', 'answered', 'answered', ''),
      ('result', 'accepted', 'answered', ''),
      ('result', 'picked_up', 'answered', ''),
      ('result', 'connected', 'answered', ''),
      ('result', 'voicemail', 'voicemail', ''),
      ('result', 'abandoned', 'abandoned', ''),
      ('result', 'canceled', 'abandoned', ''),
      ('result', 'hang_up', 'abandoned', ''),
      ('result', 'busy', 'busy', ''),
      ('result', 'rejected', 'rejected', ''),
      ('result', 'system_blocked', 'rejected', 'a rule refused it'),
      ('result', 'blocked', 'rejected', 'seen in use only'),
      ('result', 'call_failed', 'failed', ''),
      ('result', 'invalid_operation', 'failed', ''),
      ('result', 'service_unavailable', 'failed', ''),
      ('result', 'unconnected', 'failed', ''),
      ('result', 'ring_timeout', 'missed', ''),
      ('result', 'no_answer', 'missed', ''),
      ('result', 'overflowed', '', 'the call went on elsewhere'),
      ('result', 'succeeded', '', 'a step on the way'),
      ('result', 'invalid_key', 'completed', 'the caller pressed a key that the menu does not have'),
  ]) }}
{% endmacro %}
