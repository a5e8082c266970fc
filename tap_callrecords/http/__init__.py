"""One request, patiently and discreetly: sessions, retries, pacing, tokens, and what must not be told."""
