"""Turns a written piece into sound with numpy alone."""
