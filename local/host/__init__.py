"""This machine: where the stack keeps its files, its ports, its child processes, its terminal.

Everything else in `local` stands on it; it imports none of them.
"""
