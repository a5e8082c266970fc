{#
  A telephone number as E.164 (`+` and up to 15 digits), or null when it is none: an extension, a name, a hash. Some
  vendors leave out the `+`, people write separators and trunk prefixes. A national number is taken to be of
  `callrecords_country_code` (1: North America). `international`: the vendor writes the country's code always.
#}
{% macro e164(number, international='false') %}
  {%- set country = var('callrecords_country_code', '1') | string -%}
  {%- set plain = "translate(replace(" ~ number ~ ", '(0)', ''), ' ()-./', '')" -%}
  {%- set digits = "length(translate(" ~ plain ~ ", '0123456789', '')) = 0 and length(" ~ plain ~ ")" -%}
    case
        when {{ plain }} like '+%' then case
            when length(translate(substr({{ plain }}, 2), '0123456789', '')) = 0 and length({{ plain }}) between 8 and 16 then {{ plain }}
        end
        when {{ plain }} like '00%' and {{ digits }} between 10 and 17 then '+' || substr({{ plain }}, 3)
      {%- if country == '1' %}
        when {{ plain }} like '011%' and {{ digits }} between 11 and 18 then '+' || substr({{ plain }}, 4)
      {%- endif %}
        when {{ plain }} like '0%' then case
            when {{ digits }} between 7 and 12 {{ "and 1 = 0" if country == '1' }} then '+{{ country }}' || substr({{ plain }}, 2)
        end
        when ({{ international }}) and {{ digits }} between 8 and 15 then '+' || {{ plain }}
      {%- if country == '1' %}
        when {{ digits }} = 10 then '+1' || {{ plain }}
      {%- else %}
        when {{ digits }} between 8 and 10 and {{ plain }} not like '{{ country }}%' then '+{{ country }}' || {{ plain }}
        when {{ digits }} = 10 then '+' || {{ plain }}
      {%- endif %}
        when {{ digits }} between 11 and 15 then '+' || {{ plain }}
    end
{%- endmacro %}
