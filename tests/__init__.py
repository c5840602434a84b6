"""Tests mirror the tree; films.py draws tiny films with known truth."""
