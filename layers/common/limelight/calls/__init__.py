"""Paid calls: asked for by a fan, accepted by a creator, joined by both, billed by the minute."""
