"""Django's backend for PostgreSQL, asked less often whether it is still there: the ENGINE of the settings."""
