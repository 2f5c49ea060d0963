"""`python -m hub.supervisor`: starts the hub, or says in one line why not."""

from __future__ import annotations

import os
import sys

from hub import env
from hub.supervisor import loop, place


def main() -> int:
    """Returns the exit code: 0 after a wished end, 1 when the hub could not start."""
    os.umask(0o077)
    try:
        here = place.Place.from_environment()
        place.take(here)
        place.make_secret("HUB_SECRET_KEY", here.data / "secret_key")
        place.make_secret("HUB_FIELD_KEY", here.data / "field_key")
    except (place.Refused, env.SettingError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the terminal is where this program speaks
        return 1
    return loop.Supervisor(here).run()


if __name__ == "__main__":
    sys.exit(main())
