-- Prefect keeps its own tables; run once, when the database's volume is new.
CREATE DATABASE prefect;
