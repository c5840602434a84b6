"""What a night leaves for the morning: the digest."""
