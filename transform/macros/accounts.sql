{# An interaction id ends in the tenant's name (CC A2); so both Contact Center streams name a tenant alike. #}
{% macro eightx8_tenant(interaction_id, otherwise) %}
    case
        when {{ interaction_id }} like 'int-%-%-%-%-%' then split_part({{ interaction_id }}, '-', -1)
        else {{ otherwise }}
    end
{% endmacro %}

{# Voiso's rows name no account: the project's variable does, or the schema where there are several. #}
{% macro voiso_account(rows='') %}
  {%- if tap_callrecords.schemas_of('voiso') | length > 1 -%}{{ rows }}source_relation
  {%- else -%}'{{ var('callrecords_voiso_account', 'default') }}'
  {%- endif -%}
{% endmacro %}
