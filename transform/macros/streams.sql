{#
  The body of a base model: a stream's table with the columns and types that the model's own description names. A column
  that the table lacks is null; a table that does not exist, or whose stream is not in `callrecords_streams`, gives no
  rows. So models of every vendor can always be built. `never_null` names text columns of a key that are '' when absent,
  which some loaders turn into null.
#}
{% macro stream_table(source_name, stream, never_null=[]) %}
  {%- set relation = source(source_name, stream) -%}
  {%- if not execute -%}select 1 as not_yet_known
  {%- else -%}
    {%- set table = tap_callrecords.loaded_table(relation, stream) -%}
    {%- set present = [] -%}
    {%- if table is not none -%}
      {%- for column in adapter.get_columns_in_relation(table) -%}{%- do present.append(column.name | lower) -%}{%- endfor -%}
    {%- endif -%}
select
    {%- for column in model.columns.values() %}
    {% if column.name in present -%}
    {%- set typed = tap_callrecords.as_type('loaded.' ~ column.name, column.data_type) -%}
    {{ "coalesce(" ~ typed ~ ", '')" if column.name in never_null else typed }}
    {%- else -%}
    cast(null as {{ tap_callrecords.type_of(column.data_type) }})
    {%- endif %} as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
    {%- if table is not none %}
from {{ table }} as loaded
    {%- else %}
where 1 = 0
    {%- endif %}
  {%- endif -%}
{% endmacro %}

{# The stream's table, or none when it is absent or switched off. A stream that the list names must exist. #}
{% macro loaded_table(relation, stream) %}
  {%- set wanted = var('callrecords_streams', 'auto') -%}
  {%- if wanted != 'auto' and stream not in wanted -%}{{ return(none) }}{%- endif -%}
  {%- set table = load_relation(relation) -%}
  {%- if table is none and wanted != 'auto' -%}
    {{ exceptions.raise_compiler_error(
        "callrecords_streams names " ~ stream ~ ", but there is no table " ~ relation
        ~ ". Check callrecords_schema, or take the stream off the list.") }}
  {%- endif -%}
  {{ return(table) }}
{% endmacro %}
