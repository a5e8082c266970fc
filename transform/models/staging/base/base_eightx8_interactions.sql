{{ stream_table('eightx8', 'eightx8_interactions') }}
