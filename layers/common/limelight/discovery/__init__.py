"""How people are found: explore, public profiles, and who follows whom."""
