"""What a creator earned and did: rollups by UTC day, and what came since the last refresh."""
