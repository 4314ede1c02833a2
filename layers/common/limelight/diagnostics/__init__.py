"""What the database says about its own work."""
