{{ stream_table('zoom', 'zoom_phone_calls') }}
