"""The catalog of translations, kept without GNU gettext: Babel reads, merges, compiles and checks."""
