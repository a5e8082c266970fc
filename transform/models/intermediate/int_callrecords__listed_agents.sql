{{ union_of(models_of('agents'), ['agent_key', 'vendor', 'account', 'agent_id', 'agent_name', 'is_deleted']) }}
