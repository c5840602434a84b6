"""What a process's end means."""

READY, BUG, REJECTED, NEEDS_A_LOOK, TRY_AGAIN = 0, 1, 2, 3, 75
INTERRUPTED = 130  # 128 + SIGINT, as shells count
