-- Answers of POST requests with an Idempotency-Key, kept for 24 hours. The key is known by its hash
-- only, and the answer is encrypted under a key derived from the caller's credential and the
-- Idempotency-Key, neither of which is stored: it may hold a token that is shown once.
CREATE TABLE ez_idempotency (
    caller      text        NOT NULL,  -- "admin", "master:7"
    method      text        NOT NULL,
    path        text        NOT NULL,
    key_hash    bytea       NOT NULL,  -- SHA-256
    fingerprint bytea       NOT NULL,  -- SHA-256 of the body that the key was first used with
    status      integer,               -- NULL: claimed, no answer remembered
    answer      bytea,                 -- headers and body, AES-256-GCM
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key_hash, caller, method, path)
);

CREATE INDEX ez_idempotency_created_at ON ez_idempotency (created_at);
