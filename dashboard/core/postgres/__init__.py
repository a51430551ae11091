"""Django's backend for PostgreSQL, asked less often whether it is still there, and not waited for when it hangs."""
