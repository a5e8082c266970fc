"""Singer tap for call detail records of business phone systems and contact centres."""
