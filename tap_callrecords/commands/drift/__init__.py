"""`tap-callrecords-drift`: what has changed at a vendor, told from what was rescued, without a value of it."""
