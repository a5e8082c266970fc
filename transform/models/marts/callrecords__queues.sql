with {{ members_seen('queue') }}

select
    coalesce(members.queue_key, listed.queue_key) as queue_key,
    coalesce(members.vendor, listed.vendor) as vendor,
    coalesce(members.account, listed.account) as account,
    coalesce(members.queue_id, listed.queue_id) as queue_id,
    coalesce(members.queue_name, listed.queue_name) as queue_name,
    members.first_seen_at,
    members.last_seen_at
from members
full outer join {{ ref('tap_callrecords', 'int_callrecords__listed_queues') }} as listed on listed.queue_key = members.queue_key
