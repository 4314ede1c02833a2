"""A Supabase-compatible gateway over a real PostgreSQL: /rest/v1, /auth/v1 and /realtime/v1."""
