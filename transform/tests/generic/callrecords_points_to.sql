{# Every value of the column, null aside, is in the column of the same name of another model. #}
{% test callrecords_points_to(model, column, to) %}
select source_rows.{{ column }}
from {{ model }} as source_rows
where source_rows.{{ column }} is not null
    and not exists (select 1 from {{ to }} as target_rows where target_rows.{{ column }} = source_rows.{{ column }})
{% endtest %}
