{{ stream_table('eightx8', 'eightx8_interactions', never_null=['transaction_id']) }}
