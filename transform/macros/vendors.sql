{#
  The vendors of `calls`, a line each: the product's name, and the models that give its calls, its legs, those of our people
  who called a colleague and have no leg for it (`callers`), and its own lists of agents and queues; a vendor without one of
  these leaves it out. `waits` is false where an answered call may have no wait though it met a queue: what is not known of the
  answered ones can't be a share of all. `writes_country` is true where numbers have their country's code always.
#}
{% macro vendors() %}
  {{ return({
      'eightx8_work': {'name': '8x8 Work', 'calls': 'int_callrecords__eightx8_work_calls', 'legs': 'stg_callrecords__eightx8_call_legs', 'callers': 'int_callrecords__eightx8_work_callers'},
      'eightx8_contact_center': {'name': '8x8 Contact Center', 'calls': 'int_callrecords__eightx8_contact_center_calls', 'legs': 'stg_callrecords__eightx8_interaction_participants'},
      'webex_calling': {'name': 'Webex Calling', 'calls': 'int_callrecords__webex_calling_calls', 'legs': 'stg_callrecords__webex_call_legs'},
      'voiso': {'name': 'Voiso', 'calls': 'stg_callrecords__voiso_cdr', 'agents': 'stg_callrecords__voiso_agents', 'queues': 'stg_callrecords__voiso_queues', 'waits': false, 'writes_country': true},
      'zoom_phone': {'name': 'Zoom Phone', 'calls': 'int_callrecords__zoom_phone_calls', 'legs': 'stg_callrecords__zoom_phone_call_legs', 'callers': 'int_callrecords__zoom_phone_callers', 'agents': 'stg_callrecords__zoom_phone_users', 'queues': 'stg_callrecords__zoom_phone_call_queues', 'waits': false},
  }) }}
{% endmacro %}

{# The models of a kind (`calls`, `legs`, `callers`, `agents`, `queues`), of all vendors that have one. #}
{% macro models_of(kind) %}{{ return(tap_callrecords.vendors().values() | selectattr(kind, 'defined') | map(attribute=kind) | list) }}{% endmacro %}

{# The vendors of which something is true. #}
{% macro vendors_that(what) %}
  {%- set found = [] -%}
  {%- for vendor, about in tap_callrecords.vendors().items() if about.get(what) -%}{%- do found.append(vendor) -%}{%- endfor -%}
  {{ return(found) }}
{% endmacro %}

{# What the names of their streams, sources and schema variables begin with. #}
{% macro families() %}
  {%- set found = [] -%}
  {%- for vendor in tap_callrecords.vendors() -%}
    {%- if vendor.split('_')[0] not in found -%}{%- do found.append(vendor.split('_')[0]) -%}{%- endif -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}
