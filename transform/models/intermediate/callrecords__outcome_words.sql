{#-
  What the vendors' words mean, matched in lower case: all that a macro `<vendor>_words` lists. A word that is not there
  gives `other`; an empty outcome says that a known word tells nothing about how the call ended.
  `callrecords_outcome_words` adds words and changes these.
-#}
{%- set words = [] -%}
{%- for vendor in tap_callrecords.vendors() if vendor ~ '_words' in tap_callrecords -%}
  {%- for word in tap_callrecords[vendor ~ '_words']() -%}{%- do words.append((vendor,) + word) -%}{%- endfor -%}
{%- endfor -%}
{%- set own = [] -%}
{%- for each in var('callrecords_outcome_words', []) -%}
  {%- do own.append((each.vendor, each.field, each.word | lower | trim, each.outcome or '', 'of this project')) -%}
{%- endfor -%}
select vendor, field, vendor_word, nullif(outcome, '') as outcome, nullif(note, '') as note
from (
    select
        listed.*,
        row_number() over (partition by vendor, field, vendor_word order by rank desc) as newest
    from (
        values
        {%- for word in words + own %}
        ({% for value in word %}{{ dbt.string_literal(value) }}, {% endfor %}{{ loop.index }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (vendor, field, vendor_word, outcome, note, rank)
) as ranked
where newest = 1
