{# Our words for how a call ended, strongest first: where a vendor says several things of a call, the first of these holds. #}
{% macro outcomes() %}
  {{ return(['answered', 'voicemail', 'callback', 'abandoned', 'busy', 'rejected', 'failed', 'completed', 'missed',
             'in_progress', 'other']) }}
{% endmacro %}

{# The strongest of several outcomes; `other` when none of them is known. #}
{% macro strongest_outcome(expressions) %}
    case
      {%- for outcome in tap_callrecords.outcomes() if outcome != 'other' %}
        when '{{ outcome }}' in ({% for expression in expressions %}coalesce({{ expression }}, ''){{ ', ' if not loop.last }}{% endfor %}) then '{{ outcome }}'
      {%- endfor %}
        else 'other'
    end
{% endmacro %}

{# The strongest outcome of a group of rows. #}
{% macro strongest_outcome_of_group(expression) %}
    case min(
        case {{ expression }}
          {%- for outcome in tap_callrecords.outcomes() %}
            when '{{ outcome }}' then {{ loop.index }}
          {%- endfor %}
        end
    )
      {%- for outcome in tap_callrecords.outcomes() %}
        when {{ loop.index }} then '{{ outcome }}'
      {%- endfor %}
    end
{% endmacro %}

{# A join to the seed's meaning of one vendor word: `alias`.outcome is null for an unknown word. #}
{% macro join_outcome(alias, vendor, field, word) %}
left join {{ ref('outcome_words') }} as {{ alias }}
    on {{ alias }}.vendor = '{{ vendor }}' and {{ alias }}.field = '{{ field }}'
    and {{ alias }}.vendor_word = lower(trim({{ word }}))
{%- endmacro %}

{# Whether a number is an extension: two to seven digits and nothing else. #}
{% macro is_extension(number) %}(length({{ number }}) between 2 and 7 and length(translate({{ number }}, '0123456789', '')) = 0){% endmacro %}

{# Text, or null when it is empty or a placeholder for no value. #}
{% macro given(text) %}nullif(nullif(trim({{ text }}), ''), '-'){% endmacro %}
