"""Coins for dollars: checkout sessions out to Stripe, signed events back in."""
