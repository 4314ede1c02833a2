"""The rules of the house, each as a test that names what breaks it."""

import os

# The functions are imported here to be looked at; nothing is ever sent to this address.
os.environ.setdefault("SUPABASE_URL", "http://127.0.0.1:54321")
