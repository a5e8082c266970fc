{%- for vendor, about in vendors().items() %}
select
    {{ loop.index }} as position,
    cast('{{ vendor }}' as {{ type_of('text') }}) as vendor,
    cast({{ dbt.string_literal(about.name) }} as {{ type_of('text') }}) as vendor_name
{{ 'union all' if not loop.last }}
{%- endfor %}
