"""What can be run: the tap, which reads, and its `--test`, `--sample` and `--plan`; and `tap-callrecords-drift`."""
