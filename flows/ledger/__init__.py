"""The ledger: which films were seen, which jobs they became, who works on what, and everything that happened.

It is the truth about jobs; the engine (Prefect) may be down. SQLite in RESULTS/.reelscore/ledger.sqlite by
default; PostgreSQL when REELSCORE_DATABASE_URL is set, for workers on several machines. Open it with
`open_ledger(results)`, which brings the tables up to the newest revision first.

Reading: `Ledger.films()`, `film()`, `jobs()`, `job()`, `events()`, `attempts()` give detached rows.
`Ledger.read()` and `Ledger.write()` give a SQLAlchemy session for anything else; a write takes the database's
write lock at its start, so that what it read is still so when it writes.

A new version of a film (a cue redone, an edited spotting, other directions) is queued by
`Ledger.request_version(job_id, settings, cause)`; workers take it up like any other job, and every step whose
inputs did not change is taken over from the version it was made from.

Adding tables (notes, decisions, users, shares):
1. declare them on `tables.Base` in a module of their own and name that module in `migrations/env.py`;
2. write `migrations/versions/NNNN_what.py` with `down_revision` naming the newest one there; the number is
   the revision, revisions form one chain, and `append_only(table)` of migrations/append_only.py makes a
   table's rows unchangeable in the database itself;
3. nothing else: `open_ledger` runs what is missing, on SQLite and PostgreSQL alike, and the test
   test_tables_and_migrations_say_the_same fails until both agree.
"""
