"""Which time to read, and whether a window is complete. Knows no vendor."""
