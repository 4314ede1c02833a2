"""What viewers give to a stream: gifts, tips, tickets, goals, and who gave most."""
