{# The schemas with a vendor's tables (one of `families`): one, or the several that a list names. #}
{% macro schemas_of(vendor) %}
  {%- set named = var('callrecords_' ~ vendor ~ '_schema', var('callrecords_schema', 'callrecords')) -%}
  {{ return([named] if named is string else named) }}
{% endmacro %}

{# Whether any vendor has several schemas; then keys name the schema too, as two accounts may use the same ids. #}
{% macro several_schemas() %}
  {%- set counts = [] -%}
  {%- for family in tap_callrecords.families() -%}{%- do counts.append(tap_callrecords.schemas_of(family) | length) -%}{%- endfor -%}
  {{ return(counts | max > 1) }}
{% endmacro %}

{#
  The body of a base model: a stream's tables with the columns and types that the model's own description names. A column
  that a table lacks is null; a table that does not exist, or whose stream is not in `callrecords_streams`, gives no
  rows. So models of every vendor can always be built. `never_null` names text columns of a key that are '' when absent,
  which some loaders turn into null.
#}
{% macro stream_table(source_name, stream, never_null=[]) %}
  {%- set relation = source(source_name, stream) -%}
  {%- if not execute -%}select 1 as not_yet_known
  {%- else -%}
    {%- set tables = tap_callrecords.loaded_tables(relation, source_name, stream) -%}
    {%- for table in tables or [none] -%}
      {%- set present = [] -%}
      {%- if table is not none -%}
        {%- for column in adapter.get_columns_in_relation(table) -%}{%- do present.append(column.name | lower) -%}{%- endfor -%}
      {%- endif %}
select
      {%- for column in model.columns.values() %}
    {% if column.name == 'source_relation' -%}
    cast({{ "'" ~ table.schema | lower ~ "'" if table is not none else 'null' }} as {{ tap_callrecords.type_of('text') }})
      {%- elif column.name in present -%}
      {%- set typed = tap_callrecords.as_type('loaded.' ~ adapter.quote_as_configured(column.name, 'identifier'), column.data_type) -%}
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
{{ 'union all' if not loop.last }}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}

{# The stream's tables that exist, unless it is switched off. A stream that the list names must exist in each schema. #}
{% macro loaded_tables(relation, vendor, stream) %}
  {%- set wanted = var('callrecords_streams', 'auto') -%}
  {%- set found = [] -%}
  {%- if wanted == 'auto' or stream in wanted -%}
    {%- for schema in tap_callrecords.schemas_of(vendor) -%}
      {%- set named = relation.incorporate(path={'schema': schema}) -%}
      {%- set table = load_relation(named) -%}
      {%- if table is not none -%}{%- do found.append(table) -%}
      {%- elif wanted != 'auto' -%}
        {{ exceptions.raise_compiler_error(
            "callrecords_streams names " ~ stream ~ ", but there is no table " ~ named
            ~ ". Check callrecords_schema, or take the stream off the list.") }}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(found) }}
{% endmacro %}

{# The query of `dbt source freshness`: the newest instant of a stream; a table that is not there is not old. #}
{% macro newest_row(vendor, stream, column) %}
  {%- set tables = tap_callrecords.loaded_tables(this, vendor, stream) -%}
  {%- set now = "cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S') ~ "' as " ~ tap_callrecords.type_of('timestamp') ~ ")" -%}
  select {% if tables %}min(newest) from (
    {%- for table in tables %} select max({{ column }}) as newest from {{ table }} {{ 'union all' if not loop.last }}{% endfor -%}
  ) as loaded
  {%- else %}{{ now }}{% endif -%}
{% endmacro %}
