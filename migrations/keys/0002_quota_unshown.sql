-- What of quota_used Redis has not been told yet. In no index, like the other counters.
ALTER TABLE keys ADD COLUMN quota_unshown bigint NOT NULL DEFAULT 0;
