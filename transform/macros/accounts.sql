{# An interaction id ends in the tenant's name (CC A2); so both Contact Center streams name a tenant alike. #}
{% macro eightx8_tenant(interaction_id, otherwise) %}
    case
        when {{ interaction_id }} like 'int-%-%-%-%-%' then split_part({{ interaction_id }}, '-', -1)
        else {{ otherwise }}
    end
{% endmacro %}

{# Voiso's rows name no account, so the project's setting does. #}
{% macro voiso_account() %}'{{ var('voiso_account', 'default') }}'{% endmacro %}
