"""Tests of the application side of the public client."""
