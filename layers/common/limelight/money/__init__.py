"""Coins. `ledger` is the only door to the database's ledger functions."""
