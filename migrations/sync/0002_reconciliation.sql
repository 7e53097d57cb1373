-- What the last comparison of Redis with the database has found, in short and as a report.
ALTER TABLE sync_state
    ADD COLUMN drift_checked_at timestamptz,
    ADD COLUMN drift_found bigint NOT NULL DEFAULT 0,
    ADD COLUMN drift_repaired bigint NOT NULL DEFAULT 0,
    ADD COLUMN drift_report jsonb;
