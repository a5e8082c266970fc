{# The vendors of `calls`, a line each: the model that gives its calls. #}
{% macro vendors() %}
  {{ return({
      'eightx8_work': 'int_callrecords__eightx8_work_calls',
      'eightx8_contact_center': 'int_callrecords__eightx8_contact_center_calls',
      'webex_calling': 'int_callrecords__webex_calling_calls',
      'voiso': 'stg_callrecords__voiso_cdr',
  }) }}
{% endmacro %}

{# What the names of their streams, sources and schema variables begin with: `eightx8`, `webex`, `voiso`. #}
{% macro families() %}
  {%- set found = [] -%}
  {%- for vendor in tap_callrecords.vendors() -%}
    {%- if vendor.split('_')[0] not in found -%}{%- do found.append(vendor.split('_')[0]) -%}{%- endif -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}
