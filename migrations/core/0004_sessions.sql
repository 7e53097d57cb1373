-- Admin sessions, so that they can be listed and revoked. The token of a session is stored nowhere:
-- it is signed and names the row's id. Each process reads the revoked ones again and again, so that
-- a revocation holds in all of them within seconds.
CREATE TABLE ez_sessions (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- in order of creation, for pages
    id         text        NOT NULL UNIQUE,
    scope      text        NOT NULL,
    client_ip  text,                                             -- that it was opened from
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);

CREATE INDEX ez_sessions_revoked ON ez_sessions (expires_at) WHERE revoked_at IS NOT NULL;
