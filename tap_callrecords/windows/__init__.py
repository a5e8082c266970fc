"""Which time to read, several windows at once, and whether a window is complete. Knows no vendor."""
