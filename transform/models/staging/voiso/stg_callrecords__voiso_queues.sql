{#- Voiso's calls name their queue, its list gives the id as well. -#}
select
    {{ key_of('voiso', voiso_account(), ['name']) }} as queue_key,
    'voiso' as vendor,
    {{ voiso_account() }} as account,
    max(cast(id as {{ type_of('text') }})) as queue_id,
    name as queue_name
from {{ ref('tap_callrecords', 'base_callrecords__voiso_queues') }}
where name is not null
group by 1, 2, 3, 5
