"""What writes the generated documents of `docs/`, shows them, and compares two versions of one.

It stands on `local.facts` for what the code says, and on `local.services` for a database.
"""
