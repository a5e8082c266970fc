{{ stream_table('zoom', 'zoom_phone_call_queues') }}
