with {{ members_seen('queue') }},

{#- Voiso's calls name their queue, its list gives the id as well. -#}
listed as (
    select
        {{ key_of('voiso', voiso_account(), ['name']) }} as queue_key,
        {{ voiso_account() }} as account,
        max(cast(id as {{ type_of('text') }})) as queue_id,
        name as queue_name
    from {{ ref('tap_callrecords', 'base_callrecords__voiso_queues') }}
    where name is not null
    group by 1, 2, 4
)

select
    coalesce(members.queue_key, listed.queue_key) as queue_key,
    coalesce(members.vendor, 'voiso') as vendor,
    coalesce(members.account, listed.account) as account,
    coalesce(members.queue_id, listed.queue_id) as queue_id,
    coalesce(members.queue_name, listed.queue_name) as queue_name,
    members.first_seen_at,
    members.last_seen_at
from members
full outer join listed on listed.queue_key = members.queue_key
