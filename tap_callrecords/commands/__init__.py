"""What the command does with streams: read them, test them (`--test`), or say what that would take (`--plan`)."""
