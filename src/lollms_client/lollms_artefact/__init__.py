"""The old home of what tools use to show data."""
