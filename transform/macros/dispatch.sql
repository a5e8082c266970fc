{#
  Everything that DuckDB, PostgreSQL and Snowflake say differently. `default__` is the form that PostgreSQL understands;
  where DuckDB or Snowflake share it they have no version of their own.
#}

{# The warehouse's name of a source column's data_type: text, integer, number, boolean, timestamp or json. #}
{% macro type_of(data_type) %}{{ return(adapter.dispatch('type_of', 'tap_callrecords')(data_type)) }}{% endmacro %}
{% macro default__type_of(data_type) %}
  {{ return({'text': 'text', 'integer': 'bigint', 'number': 'double precision', 'boolean': 'boolean',
             'timestamp': 'timestamp', 'json': 'jsonb'}[data_type]) }}
{% endmacro %}
{% macro duckdb__type_of(data_type) %}
  {{ return({'text': 'varchar', 'integer': 'hugeint', 'number': 'double', 'boolean': 'boolean',
             'timestamp': 'timestamp', 'json': 'json'}[data_type]) }}
{% endmacro %}
{% macro snowflake__type_of(data_type) %}
  {{ return({'text': 'varchar', 'integer': 'number(38, 0)', 'number': 'double', 'boolean': 'boolean',
             'timestamp': 'timestamp_ntz', 'json': 'variant'}[data_type]) }}
{% endmacro %}

{# A loaded column as that type. In PostgreSQL an array column (text[], jsonb[]) becomes one jsonb array. #}
{% macro as_type(expression, data_type) %}{{ return(adapter.dispatch('as_type', 'tap_callrecords')(expression, data_type)) }}{% endmacro %}
{% macro default__as_type(expression, data_type) %}cast({{ expression }} as {{ tap_callrecords.type_of(data_type) }}){% endmacro %}
{% macro postgres__as_type(expression, data_type) %}
  {%- if data_type == 'json' -%}to_jsonb({{ expression }})
  {%- else -%}cast({{ expression }} as {{ tap_callrecords.type_of(data_type) }})
  {%- endif -%}
{% endmacro %}

{# Seconds with three decimals, the type of every duration. #}
{% macro as_seconds(expression) %}cast({{ expression }} as numeric(18, 3)){% endmacro %}

{# Milliseconds as seconds. #}
{% macro seconds(milliseconds) %}{{ tap_callrecords.as_seconds('(' ~ milliseconds ~ ') / 1000.0') }}{% endmacro %}

{# The time from one timestamp to another in seconds with three decimals. #}
{% macro seconds_between(first, last) %}{{ return(adapter.dispatch('seconds_between', 'tap_callrecords')(first, last)) }}{% endmacro %}
{% macro default__seconds_between(first, last) %}{{ tap_callrecords.as_seconds('extract(epoch from (' ~ last ~ ' - ' ~ first ~ '))') }}{% endmacro %}
{% macro duckdb__seconds_between(first, last) %}{{ tap_callrecords.seconds("date_diff('millisecond', " ~ first ~ ", " ~ last ~ ")") }}{% endmacro %}
{% macro snowflake__seconds_between(first, last) %}{{ tap_callrecords.seconds("datediff('millisecond', " ~ first ~ ", " ~ last ~ ")") }}{% endmacro %}

{# Whether any row of a group fulfils a condition. #}
{% macro any_true(condition) %}(max(case when {{ condition }} then 1 else 0 end) = 1){% endmacro %}

{# A timestamp moved on by whole milliseconds. #}
{% macro plus_milliseconds(timestamp, milliseconds) %}{{ return(adapter.dispatch('plus_milliseconds', 'tap_callrecords')(timestamp, milliseconds)) }}{% endmacro %}
{% macro default__plus_milliseconds(timestamp, milliseconds) %}({{ timestamp }} + cast({{ milliseconds }} as bigint) * interval '1 millisecond'){% endmacro %}
{% macro snowflake__plus_milliseconds(timestamp, milliseconds) %}dateadd('millisecond', {{ milliseconds }}, {{ timestamp }}){% endmacro %}

{# Text as another type; null where it does not fit and the warehouse can tell. #}
{% macro cast_text(text, data_type) %}{{ return(adapter.dispatch('cast_text', 'tap_callrecords')(text, data_type)) }}{% endmacro %}
{% macro default__cast_text(text, data_type) %}try_cast({{ text }} as {{ tap_callrecords.type_of(data_type) }}){% endmacro %}
{% macro postgres__cast_text(text, data_type) %}cast({{ text }} as {{ tap_callrecords.type_of(data_type) }}){% endmacro %}

{# A member of a JSON object as text. #}
{% macro json_text(json, name) %}{{ return(adapter.dispatch('json_text', 'tap_callrecords')(json, name)) }}{% endmacro %}
{% macro default__json_text(json, name) %}({{ json }} ->> '{{ name }}'){% endmacro %}
{% macro snowflake__json_text(json, name) %}{{ json }}:{{ name }}::varchar{% endmacro %}

{# The first element of a JSON array as text. #}
{% macro json_first(json) %}{{ return(adapter.dispatch('json_first', 'tap_callrecords')(json)) }}{% endmacro %}
{% macro default__json_first(json) %}({{ json }} ->> 0){% endmacro %}
{% macro snowflake__json_first(json) %}{{ json }}[0]::varchar{% endmacro %}

{# Joins every row to the elements of its JSON array; `json_element(alias)` is the element. Rows without any are left out. #}
{% macro json_elements(json, alias) %}{{ return(adapter.dispatch('json_elements', 'tap_callrecords')(json, alias)) }}{% endmacro %}
{% macro postgres__json_elements(json, alias) %}cross join lateral jsonb_array_elements(
    case when jsonb_typeof({{ json }}) = 'array' then {{ json }} else '[]' end
) as {{ alias }} (element){% endmacro %}
{% macro duckdb__json_elements(json, alias) %}cross join lateral (
    select unnest(json_extract({{ json }}, '$[*]')) as element
) as {{ alias }}{% endmacro %}
{% macro snowflake__json_elements(json, alias) %}cross join lateral flatten(input => {{ json }}) as {{ alias }}{% endmacro %}

{% macro json_element(alias) %}{{ return(adapter.dispatch('json_element', 'tap_callrecords')(alias)) }}{% endmacro %}
{% macro default__json_element(alias) %}{{ alias }}.element{% endmacro %}
{% macro snowflake__json_element(alias) %}{{ alias }}.value{% endmacro %}

{# An element that is text, as text without quotes. #}
{% macro element_text(alias) %}{{ return(adapter.dispatch('element_text', 'tap_callrecords')(alias)) }}{% endmacro %}
{% macro postgres__element_text(alias) %}({{ alias }}.element #>> '{}'){% endmacro %}
{% macro duckdb__element_text(alias) %}({{ alias }}.element ->> '$'){% endmacro %}
{% macro snowflake__element_text(alias) %}{{ alias }}.value::varchar{% endmacro %}

{# A UTC timestamp as the wall clock of `callrecords_timezone`. #}
{% macro report_time(timestamp) %}
  {%- if var('callrecords_timezone', 'UTC') == 'UTC' -%}{{ return(timestamp) }}{%- endif -%}
  {{ return(tap_callrecords.local_time(timestamp, "'" ~ var('callrecords_timezone') ~ "'")) }}
{% endmacro %}

{# A UTC timestamp as the wall clock of a zone, an expression. #}
{% macro local_time(timestamp, zone) %}{{ return(adapter.dispatch('local_time', 'tap_callrecords')(timestamp, zone)) }}{% endmacro %}
{% macro default__local_time(timestamp, zone) %}(({{ timestamp }} at time zone 'UTC') at time zone {{ zone }}){% endmacro %}
{% macro snowflake__local_time(timestamp, zone) %}convert_timezone('UTC', {{ zone }}, {{ timestamp }}){% endmacro %}

{# The weekday of a timestamp: 1 is Monday, 7 is Sunday. #}
{% macro weekday(timestamp) %}{{ return(adapter.dispatch('weekday', 'tap_callrecords')(timestamp)) }}{% endmacro %}
{% macro default__weekday(timestamp) %}cast(extract(isodow from {{ timestamp }}) as integer){% endmacro %}
{% macro snowflake__weekday(timestamp) %}dayofweekiso({{ timestamp }}){% endmacro %}

{# A query of the numbers from 0 to below a limit, as column `n`. #}
{% macro numbers(limit) %}{{ return(adapter.dispatch('numbers', 'tap_callrecords')(limit)) }}{% endmacro %}
{% macro default__numbers(limit) %}select cast(n as integer) as n from generate_series(0, {{ limit - 1 }}) as series (n){% endmacro %}
{% macro snowflake__numbers(limit) %}select row_number() over (order by seq4()) - 1 as n from table(generator(rowcount => {{ limit }})){% endmacro %}

{# The number of weekdays of one kind (1 is Monday) between two dates, both included. #}
{% macro weekdays_between(first, last, weekday) %}
    floor(({{ tap_callrecords.days_since_monday(last) }} - {{ weekday }} + 8) / 7.0)
    - floor(({{ tap_callrecords.days_since_monday(first) }} - {{ weekday }} + 7) / 7.0)
{% endmacro %}

{# Days since Monday, 1 January 1900. #}
{% macro days_since_monday(date) %}{{ return(adapter.dispatch('days_since_monday', 'tap_callrecords')(date)) }}{% endmacro %}
{% macro default__days_since_monday(date) %}(cast({{ date }} as date) - cast('1900-01-01' as date)){% endmacro %}
{% macro snowflake__days_since_monday(date) %}datediff('day', cast('1900-01-01' as date), cast({{ date }} as date)){% endmacro %}

{# The half-hour in which a timestamp lies, as a timestamp. #}
{% macro half_hour(timestamp) -%}
    {{ tap_callrecords.plus_milliseconds(
        "cast(date_trunc('hour', " ~ timestamp ~ ") as " ~ tap_callrecords.type_of('timestamp') ~ ")",
        "case when extract(minute from " ~ timestamp ~ ") >= 30 then 1800000 else 0 end",
    ) }}
{%- endmacro %}

{# Minutes since midnight. #}
{% macro minute_of_day(timestamp) -%}
    (extract(hour from {{ timestamp }}) * 60 + extract(minute from {{ timestamp }}))
{%- endmacro %}
