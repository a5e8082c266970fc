"""What a run of the tap costs, beside other ways to the same rows. See docs/performance.md."""
