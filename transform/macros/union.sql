{# Rows of several models with the same columns. #}
{% macro union_of(models, columns) %}
{%- for model in models %}
select {{ columns | join(', ') }}
from {{ ref('tap_callrecords', model) }}
where vendor not in ({% for vendor in var('callrecords_leave_out', []) %}'{{ vendor }}', {% endfor %}'')
{{ 'union all' if not loop.last }}
{%- endfor %}
{% endmacro %}
