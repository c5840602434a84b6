"""Where this user's programs keep what must last and is nobody else's business (XDG)."""

import os
from pathlib import Path

STATE_HOME = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
