-- CACHE must stay 1: a session that kept numbers in stock would give an older one to a later change.
CREATE SEQUENCE sync_revision AS bigint CACHE 1;

-- One row for each entity that Redis has ever been told of, for good: it is the entity's clock, and outlives
-- the entity so that a late retry cannot bring it back. While it is pending, `created_at` is the time and
-- `unpushed_since` the revision since when it has been so.
CREATE TABLE sync_entities (
    id              bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    resource        text COLLATE "C" NOT NULL,
    key             text COLLATE "C" NOT NULL,
    revision        bigint NOT NULL,
    pushed_revision bigint NOT NULL DEFAULT 0,
    unpushed_since  bigint NOT NULL,
    deleted         boolean NOT NULL DEFAULT false,
    state           text NOT NULL CHECK (state IN ('pending', 'applied', 'dead')),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    claimed_until   timestamptz,
    claimed_by      text,
    last_error      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (resource, key)
);
CREATE INDEX sync_entities_due ON sync_entities (next_attempt_at) WHERE state = 'pending';
CREATE INDEX sync_entities_open ON sync_entities (id) WHERE state <> 'applied';
CREATE INDEX sync_entities_unpushed ON sync_entities (unpushed_since) WHERE state = 'pending';

-- What each transaction changed, under the revision that its answer carried. Pruned after a while.
CREATE TABLE sync_changes (
    revision    bigint PRIMARY KEY,
    resources   text[] NOT NULL,
    keys        text[] NOT NULL,
    revisions   bigint[] NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sync_changes_recorded_at ON sync_changes (recorded_at);

-- One row: the identity of this database towards Redis, and what was last told to Redis as a whole.
CREATE TABLE sync_state (
    one                boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch              text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    published_revision bigint NOT NULL DEFAULT 0,
    redis_run_id       text,
    full_owner         text,
    full_until         timestamptz,
    last_full_push_at  timestamptz,
    last_error         text
);
INSERT INTO sync_state DEFAULT VALUES;
