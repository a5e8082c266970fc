{{ stream_table('voiso', 'voiso_queues') }}
