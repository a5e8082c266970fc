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

{# Voiso's rows name no account: the project's variable does, or the schema where there are several. #}
{% macro voiso_account(rows='') %}
  {%- if tap_callrecords.schemas_of('voiso') | length > 1 -%}{{ rows }}source_relation
  {%- else -%}'{{ var('callrecords_voiso_account', 'default') }}'
  {%- endif -%}
{% endmacro %}

{# What the words of Voiso mean: field, word, outcome, note (`callrecords__outcome_words`). #}
{% macro voiso_words() %}
  {{ return([
      ('disposition', 'answered', 'answered', ''),
      ('disposition', 'failed', 'failed', ''),
      ('disposition', 'busy', 'busy', ''),
      ('disposition', 'no_answer', 'missed', ''),
      ('disposition', 'rejected', 'rejected', ''),
      ('disposition', 'abandoned', 'abandoned', ''),
      ('disposition', 'missed', 'missed', ''),
      ('disposition', 'dialer_abandoned', 'abandoned', 'the called person found no agent'),
      ('disposition', 'system_abandoned', 'abandoned', ''),
      ('disposition', 'answered_by_vm', 'voicemail', ''),
      ('disposition', 'system_reject', 'rejected', ''),
      ('disposition', 'machine_answered', 'voicemail', 'an answering machine'),
      ('disposition', 'sent', 'completed', 'SMS'),
      ('disposition', 'not_sent', 'failed', 'SMS'),
      ('disposition', 'delivered', 'completed', 'SMS'),
      ('disposition', 'not_delivered', 'failed', 'SMS'),
      ('disposition', 'route_unavailable', 'failed', 'SMS'),
      ('disposition', 'waiting', 'in_progress', 'digital'),
      ('disposition', 'active', 'in_progress', 'digital'),
      ('disposition', 'archived', 'completed', 'digital'),
      ('disposition', 'initiated', 'in_progress', 'digital'),
      ('disposition', 'available', 'completed', 'number look-up'),
      ('disposition', 'absent', 'completed', 'number look-up'),
  ]) }}
{% endmacro %}
