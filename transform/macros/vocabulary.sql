{#
  Our words. Of `outcome` the strongest comes first: where a vendor says several things of a call, the first of these
  holds. Of `channel` only voice counts in the volume models.
#}
{% macro words_of(column) %}
  {{ return({
      'vendor': tap_callrecords.vendors() | list,
      'channel': ['voice', 'voicemail', 'sms', 'chat', 'email', 'lookup', 'other'],
      'direction': ['inbound', 'outbound', 'internal', 'unknown'],
      'outcome': ['answered', 'voicemail', 'callback', 'abandoned', 'busy', 'rejected', 'failed', 'completed', 'missed',
                  'in_progress', 'other'],
      'party': ['person', 'queue', 'hunt_group', 'auto_attendant', 'voicemail', 'trunk', 'external', 'service'],
      'agent_side': ['calling', 'called'],
      'ended_by': ['our_side', 'other_side', 'system'],
  }[column]) }}
{% endmacro %}

{# The strongest of several outcomes; `other` when none of them is known. #}
{% macro strongest_outcome(expressions) %}
    case
      {%- for outcome in tap_callrecords.words_of('outcome') if outcome != 'other' %}
        when '{{ outcome }}' in ({% for expression in expressions %}coalesce({{ expression }}, ''){{ ', ' if not loop.last }}{% endfor %}) then '{{ outcome }}'
      {%- endfor %}
        else 'other'
    end
{% endmacro %}

{# The strongest outcome of a group of rows. #}
{% macro strongest_outcome_of_group(expression) %}
    case min(
        case {{ expression }}
          {%- for outcome in tap_callrecords.words_of('outcome') %}
            when '{{ outcome }}' then {{ loop.index }}
          {%- endfor %}
        end
    )
      {%- for outcome in tap_callrecords.words_of('outcome') %}
        when {{ loop.index }} then '{{ outcome }}'
      {%- endfor %}
    end
{% endmacro %}

{# A join to the seed's meaning of one vendor word: `alias`.outcome is null for an unknown word. #}
{% macro join_outcome(alias, vendor, field, word) %}
left join {{ ref('tap_callrecords', 'callrecords__outcome_words') }} as {{ alias }}
    on {{ alias }}.vendor = '{{ vendor }}' and {{ alias }}.field = '{{ field }}'
    and {{ alias }}.vendor_word = lower(trim({{ word }}))
{%- endmacro %}

{# Whether a number is an extension: two to seven digits and nothing else. #}
{% macro is_extension(number) %}(length({{ number }}) between 2 and 7 and length(translate({{ number }}, '0123456789', '')) = 0){% endmacro %}

{# Text, or null when it is empty or a placeholder for no value. #}
{% macro given(text) %}nullif(nullif(trim({{ text }}), ''), '-'){% endmacro %}

{# Who hung up: one vendor says agent, customer or system, another which side of the leg. #}
{% macro ended_by(word) %}
    case lower(trim({{ word }}))
        when 'agent' then 'our_side'
        when 'local' then 'our_side'
        when 'customer' then 'other_side'
        when 'remote' then 'other_side'
        when 'system' then 'system'
    end
{% endmacro %}
