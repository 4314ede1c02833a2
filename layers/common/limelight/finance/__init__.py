"""The financial report: what was sold, what circulates, what is owed, and that it adds up."""
