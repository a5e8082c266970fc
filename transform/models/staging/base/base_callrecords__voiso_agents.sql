{{ stream_table('voiso', 'voiso_agents') }}
