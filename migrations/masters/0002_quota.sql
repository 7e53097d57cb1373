-- A quota that all tokens of a master share. What is used of it stands apart, one row for each master with a limit, so
-- that counting never locks a master. The limits are repeated there: who counts sees those that hold. No foreign key,
-- because deleting a master may not lock the row before the tokens; rows of masters that are gone are purged.
ALTER TABLE masters
    ADD COLUMN quota_limit bigint CHECK (quota_limit > 0),
    ADD COLUMN quota_request_limit bigint CHECK (quota_request_limit > 0),
    ADD COLUMN quota_reset text NOT NULL DEFAULT 'none' CHECK (quota_reset IN ('none', 'daily', 'weekly', 'monthly'));
CREATE TABLE master_usage (
    master_id           bigint PRIMARY KEY,
    quota_limit         bigint,
    quota_request_limit bigint,
    quota_reset         text NOT NULL,
    quota_reset_at      timestamptz,
    tokens              bigint NOT NULL DEFAULT 0,
    requests            bigint NOT NULL DEFAULT 0,
    exhausted           boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);
