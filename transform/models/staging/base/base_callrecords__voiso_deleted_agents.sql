{{ stream_table('voiso', 'voiso_deleted_agents') }}
