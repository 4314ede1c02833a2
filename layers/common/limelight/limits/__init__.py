"""How often somebody may do a thing, counted for all sandboxes together."""
