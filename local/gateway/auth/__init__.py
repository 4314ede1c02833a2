"""Supabase Auth (GoTrue) over the real database: accounts, sessions, tokens, mails on record.

Statuses, error codes, messages and JSON shapes are those of supabase/auth at 2.197; what is not
served is refused by name (`refusals.py`).
"""
