{{ union_of(models_of('callers'), ['call_key', 'vendor', 'agent_id', 'agent_name']) }}
