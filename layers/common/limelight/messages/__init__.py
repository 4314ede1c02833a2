"""Direct messages: conversations, requests, locked content."""
