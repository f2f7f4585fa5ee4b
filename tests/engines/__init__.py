"""Tests of the local engines."""
