"""One module a revision, in one chain."""
