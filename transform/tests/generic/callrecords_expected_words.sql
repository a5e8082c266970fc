{# The column holds nothing but our words for it (macro `words_of`). #}
{% test callrecords_expected_words(model, column, may_be_null=false) %}
select {{ column }}
from {{ model }}
where {{ column }} not in ({% for word in tap_callrecords.words_of(column) %}'{{ word }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- if not may_be_null %} or {{ column }} is null{% endif %}
{% endtest %}
