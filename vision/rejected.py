"""The one error that is the user's to mend."""


class RejectedInput(Exception):
    """A film, score, setting or output place that can't be worked with.

    reason: what was seen and what was expected, naming the file.  remedy: what to do about it.
    Never retried; the command line prints it as one line and exits with 2.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} - {remedy}")
        self.reason = reason
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["RejectedInput"], tuple[str, str]]:
        """So that a worker process can hand it on."""
        return type(self), (self.reason, self.remedy)
