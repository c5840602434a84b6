"""The four networks. torch and numpy only; each file reads top to bottom."""
