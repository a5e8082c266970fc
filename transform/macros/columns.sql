{# The columns of `calls`: every model that gives calls has exactly these. #}
{% macro call_columns() %}
  {{ return([
      'call_key', 'source_relation', 'vendor', 'account', 'vendor_call_id', 'linked_id', 'channel', 'direction', 'outcome',
      'started_at', 'answered_at', 'ended_at',
      'caller_number', 'caller_name', 'callee_number', 'callee_name', 'dialled_number',
      'queue_id', 'queue_name', 'agent_id', 'agent_name',
      'site', 'department', 'campaign_name', 'wrapup_code', 'ended_by', 'cost',
      'ring_seconds', 'wait_seconds', 'talk_seconds', 'hold_seconds', 'wrapup_seconds', 'total_seconds',
      'is_transferred', 'leg_count', 'source_stream', 'source_at',
  ] + tap_callrecords.extra_columns()) }}
{% endmacro %}

{# The columns of `call_legs`. #}
{% macro leg_columns() %}
  {{ return([
      'leg_key', 'call_key', 'source_relation', 'vendor', 'account', 'vendor_call_id', 'vendor_leg_id', 'channel', 'direction', 'outcome',
      'party', 'started_at', 'answered_at', 'ended_at',
      'caller_number', 'caller_name', 'callee_number', 'callee_name',
      'queue_id', 'queue_name', 'agent_id', 'agent_name', 'agent_side',
      'ring_seconds', 'talk_seconds', 'hold_seconds', 'total_seconds',
      'is_transfer', 'source_stream', 'source_at',
  ]) }}
{% endmacro %}

{# The key of a call, and with a leg's id of a leg: readable, and the same in every warehouse. #}
{% macro key_of(vendor, account, ids) %}'{{ vendor }}:' || {{ tap_callrecords.owner(account) }} || ':' || {{ ids | join(" || ':' || ") }}{% endmacro %}

{# Whose a key is: the account, and before it the schema where several schemas of a vendor are united. #}
{% macro owner(account, rows='') %}
  {%- if tap_callrecords.several_schemas() -%}{{ rows }}source_relation || ':' || {% endif -%}
  coalesce({{ account }}, '')
{%- endmacro %}

{# Columns of `calls` that many vendors do not tell. #}
{% macro not_told() -%}
    cast(null as {{ tap_callrecords.type_of('text') }}) as campaign_name,
    cast(null as {{ tap_callrecords.type_of('text') }}) as wrapup_code,
    cast(null as {{ tap_callrecords.type_of('text') }}) as ended_by,
    cast(null as {{ tap_callrecords.type_of('number') }}) as cost
{%- endmacro %}

{# A join's first condition: both rows are of one schema. Nothing where each vendor has one schema. #}
{% macro same_source(one, other) -%}
  {%- if tap_callrecords.several_schemas() -%}{{ one }}.source_relation = {{ other }}.source_relation and {% endif -%}
{%- endmacro %}

{# The columns of the tap's tables that this project asks for in `calls`, each as text and with `extra_` before its name. #}
{% macro extra_columns(of='') %}
  {%- set named = [] -%}
  {%- for column in var('callrecords_passthrough_columns', []) -%}{%- do named.append(of ~ 'extra_' ~ column) -%}{%- endfor -%}
  {{ return(named) }}
{% endmacro %}

{# Those columns out of a base view's rows, each with a comma behind it; null where the stream has no such column. #}
{% macro extra_of(base, rows) -%}
  {#- The graph is empty while dbt parses, and in unit tests. -#}
  {%- set known = graph.nodes['model.tap_callrecords.' ~ base].columns if graph.nodes else {} -%}
  {%- for column in var('callrecords_passthrough_columns', []) %}
    cast({{ rows ~ '.' ~ column if column in known else 'null' }} as {{ tap_callrecords.type_of('text') }}) as extra_{{ column }},
  {%- endfor -%}
{%- endmacro %}
