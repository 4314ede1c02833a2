"""The admin desk: reads and changes with the secret key, every change with its audit row."""
