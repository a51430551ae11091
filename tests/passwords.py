"""Argon2 for tests: as shipped, one password takes 100 MB and a tenth of a second, in every test with a member."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    """The same algorithm at the lowest cost that it allows."""

    time_cost = 1
    memory_cost = 8  # KiB
    parallelism = 1
