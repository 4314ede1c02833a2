"""Live streams: who may see them, who is watching, chat, gifts and supporters."""
