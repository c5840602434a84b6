"""What a process's end means, and which errors are a full disk's."""

import errno
import signal

from vision.process import ToolFailed

READY, BUG, REJECTED, NEEDS_A_LOOK, TRY_AGAIN = 0, 1, 2, 3, 75
INTERRUPTED = 130  # 128 + SIGINT, as shells count


def no_room(error: OSError | ToolFailed) -> bool:
    """Whether a full disk, a quota or a limit on file size is behind it."""
    if isinstance(error, ToolFailed):
        return error.code == -signal.SIGXFSZ or "No space left" in error.stderr_tail
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
