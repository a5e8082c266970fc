{{ stream_table('voiso', 'voiso_teams') }}
