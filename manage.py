#!/usr/bin/env python3
"""Django's command line for Forage."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from dashboard.core.tenancy import operator_scope

    try:
        with operator_scope("who may run manage.py may see everything"):
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"{problem}. Start bin/up first, or set what docs/operations.md names.")


if __name__ == "__main__":
    main()
