"""Voiso: the CDR API and its lists (VO)."""
