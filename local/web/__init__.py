"""The console: static files that are a client of the API, and what serves them on a laptop."""
