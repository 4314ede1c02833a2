"""Wallets: balances, the ledger as its owner sees it, and an admin's adjustments."""
