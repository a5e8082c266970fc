select
    {{ key_of('zoom_phone', 'account_id', ['extension_id']) }} as agent_key,
    'zoom_phone' as vendor,
    coalesce(account_id, '') as account,
    extension_id as agent_id,
    {{ given('name') }} as agent_name,
    cast(null as boolean) as is_deleted
from {{ ref('tap_callrecords', 'base_callrecords__zoom_phone_users') }}
