{# Of a group of ranked rows the columns of the first one, if it fulfils a condition too (`also`), each with a comma behind it. #}
{% macro of_first(rank, columns, also='') -%}
    {%- for column in columns %}
        max(case when {{ rank }} = 1{{ ' and ' ~ also if also }} then {{ column }} end) as {{ column }},
    {%- endfor %}
{%- endmacro %}
