"""Looks an account up, one module for each way to the data."""
