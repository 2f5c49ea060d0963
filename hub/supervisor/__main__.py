"""`python -m hub.supervisor`: starts the hub, or says in one line why not.

`python -m hub.supervisor prepare` only makes the data folder, the secrets, the tables and the static files.
"""

from __future__ import annotations

import os
import subprocess
import sys

from hub import env
from hub.supervisor import loop, place, programs


def main(order: str = "run") -> int:
    """Returns the exit code: 0 after a wished end, 1 when the hub could not start."""
    os.umask(0o077)
    try:
        here = place.Place.from_environment()
        place.furnish(here)
        if order == "prepare":
            return subprocess.run(programs.prepare_command(), check=False).returncode  # noqa: S603 - our own command
        place.take(here)
    except (place.Refused, env.SettingError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the terminal is where this program speaks
        return 1
    return loop.Supervisor(here).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
