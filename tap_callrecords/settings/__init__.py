"""Settings: how one is declared, those that all sources share, and how they are given and checked."""
