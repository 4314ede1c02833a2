"""A stream's chat: its lines, and who may not write them."""
