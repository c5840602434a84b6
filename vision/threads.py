"""How many threads small pictures and short sounds get: one."""

import cv2
from threadpoolctl import threadpool_limits


def one_thread() -> None:
    """Let OpenCV and every BLAS of this process work on the calling thread alone, from here on.

    What they are given here is too small to share, and their waiting threads burn CPU: on two idle cores the
    visual pass over a minute at 800x332 took 1.6 CPU seconds with one BLAS thread and 3.1 with two.
    """
    cv2.setNumThreads(1)
    threadpool_limits(1, user_api="blas")
