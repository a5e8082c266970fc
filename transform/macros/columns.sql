{# The columns of `calls`: every model that gives calls has exactly these. #}
{% macro call_columns() %}
  {{ return([
      'call_key', 'vendor', 'account', 'vendor_call_id', 'channel', 'direction', 'outcome',
      'started_at', 'answered_at', 'ended_at',
      'caller_number', 'caller_name', 'callee_number', 'callee_name',
      'queue_id', 'queue_name', 'agent_id', 'agent_name',
      'ring_seconds', 'wait_seconds', 'talk_seconds', 'hold_seconds', 'total_seconds',
      'is_transferred', 'leg_count', 'source_stream', 'source_at',
  ]) }}
{% endmacro %}

{# The columns of `call_legs`. #}
{% macro leg_columns() %}
  {{ return([
      'leg_key', 'call_key', 'vendor', 'account', 'vendor_call_id', 'vendor_leg_id', 'channel', 'direction', 'outcome',
      'party', 'started_at', 'answered_at', 'ended_at',
      'caller_number', 'caller_name', 'callee_number', 'callee_name',
      'queue_id', 'queue_name', 'agent_id', 'agent_name', 'agent_side',
      'ring_seconds', 'talk_seconds', 'hold_seconds', 'total_seconds',
      'is_transfer', 'source_stream', 'source_at',
  ]) }}
{% endmacro %}

{# The key of a call, and with a leg's id of a leg: readable, and the same in every warehouse. #}
{% macro key_of(vendor, account, ids) %}'{{ vendor }}:' || coalesce({{ account }}, '') || ':' || {{ ids | join(" || ':' || ") }}{% endmacro %}
