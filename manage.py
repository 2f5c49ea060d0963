#!/usr/bin/env python3
"""Django's command line for Berth."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from hub.env import SettingError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    try:
        execute_from_command_line(sys.argv)
    except (SettingError, ImproperlyConfigured) as error:
        sys.exit(str(error))
