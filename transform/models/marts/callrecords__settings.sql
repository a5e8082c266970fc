{%- set settings = {
    'timezone': var('callrecords_timezone', 'UTC'),
    'left_out': var('callrecords_leave_out', []) | join(','),
    'service_level_seconds': var('callrecords_service_level_seconds', 20),
    'service_level_formula': var('callrecords_service_level_formula', 'over_offered'),
    'short_abandon_seconds': var('callrecords_short_abandon_seconds', 5),
    'repeat_days': var('callrecords_repeat_days', 7),
    'country_code': var('callrecords_country_code', '1'),
} -%}
{%- for name, value in settings.items() %}
select
    cast('{{ name }}' as {{ type_of('text') }}) as name,
    cast({{ dbt.string_literal(value | string) }} as {{ type_of('text') }}) as value
{{ 'union all' if not loop.last }}
{%- endfor %}
