with {{ members_seen('agent') }}

select
    coalesce(members.agent_key, listed.agent_key) as agent_key,
    coalesce(members.vendor, listed.vendor) as vendor,
    coalesce(members.account, listed.account) as account,
    coalesce(members.agent_id, listed.agent_id) as agent_id,
    coalesce(listed.agent_name, members.agent_name) as agent_name,
    listed.is_deleted,
    members.first_seen_at,
    members.last_seen_at
from members
full outer join {{ ref('tap_callrecords', 'int_callrecords__listed_agents') }} as listed on listed.agent_key = members.agent_key
