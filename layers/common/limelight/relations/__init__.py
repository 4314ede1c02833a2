"""Who follows whom, and who has blocked whom."""
