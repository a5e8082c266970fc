{%- for name, figure in figures().items() %}
select
    {{ loop.index }} as position,
    {% for value in [name] + figure -%}
    cast({{ dbt.string_literal(value) if value is not none else 'null' }} as {{ type_of('text') }}) as {{
        ['figure', 'label', 'unit', 'numerator_column', 'denominator_column', 'numerator', 'denominator'][loop.index0] }}{{ ',' if not loop.last }}
    {% endfor %}
{{ 'union all' if not loop.last }}
{%- endfor %}
