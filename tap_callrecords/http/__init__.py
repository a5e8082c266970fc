"""One request at a time: sessions, retries, pacing, tokens, and what must stay out of logs and errors."""
