{# Rows of several models with the same columns. #}
{% macro union_of(models, columns) %}
{%- for model in models %}
select {{ columns | join(', ') }}
from {{ ref(model) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{% endmacro %}
