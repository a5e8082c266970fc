{{ stream_table('eightx8', 'eightx8_recent_calls', never_null=['tenant_id']) }}
