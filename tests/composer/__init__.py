"""Tests of the eyes and ears."""
