select
    {{ key_of('zoom_phone', 'account_id', ['extension_id']) }} as queue_key,
    'zoom_phone' as vendor,
    coalesce(account_id, '') as account,
    extension_id as queue_id,
    {{ given('name') }} as queue_name
from {{ ref('tap_callrecords', 'base_callrecords__zoom_phone_call_queues') }}
