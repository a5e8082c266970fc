"""`tap-callrecords-drift`: what has changed at a vendor, seen from the rescued values, without showing any of them."""
