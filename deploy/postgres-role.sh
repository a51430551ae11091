#!/bin/sh
# Runs once, in a fresh cluster: a role for Forage that obeys row policies (no superuser), and the database that it owns.
set -eu
psql --set=ON_ERROR_STOP=1 --set=password="$FORAGE_PASSWORD" --username "${POSTGRES_USER:-postgres}" <<'SQL'
CREATE ROLE forage LOGIN PASSWORD :'password' NOSUPERUSER NOBYPASSRLS;
CREATE DATABASE forage OWNER forage TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
SQL
