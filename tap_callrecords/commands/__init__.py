"""What the command does with streams: read, test (`--test`), show (`--sample`), say what a run takes (`--plan`)."""
