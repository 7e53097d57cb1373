-- Leases of jobs that run in one process at a time. A lease is taken or renewed by
--   INSERT ... ON CONFLICT (name) DO UPDATE ... WHERE expires_at < now() OR owner = excluded.owner
-- and `fence` is raised at each change of owner, so that a late writer can be told from the present one.
CREATE TABLE ez_job_leases (
    name        text PRIMARY KEY,
    owner       text NOT NULL,
    fence       bigint NOT NULL DEFAULT 1,
    expires_at  timestamptz NOT NULL,
    last_run_at timestamptz,
    last_error  text
);
