-- One row: whom to tell of errors, and when. `secret` holds a mask, `signing_key` what requests are signed with.
CREATE TABLE webhook_settings (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version          bigint NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    enabled          boolean NOT NULL DEFAULT false,
    url              text NOT NULL DEFAULT '',
    min_status       integer NOT NULL DEFAULT 400,
    window_seconds   integer NOT NULL DEFAULT 300,
    threshold        integer NOT NULL DEFAULT 10,
    cooldown_seconds integer NOT NULL DEFAULT 900,
    secret           text,
    signing_key      text NOT NULL DEFAULT '',
    last_alert_at    timestamptz
);
INSERT INTO webhook_settings DEFAULT VALUES;

-- What was sent or is to be sent; the latest are kept. While one is pending, next_attempt_at is when it is due.
CREATE TABLE webhook_deliveries (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text NOT NULL CHECK (kind IN ('alert', 'test')),
    status          text NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts        integer NOT NULL DEFAULT 0,
    payload         jsonb NOT NULL,
    response_status integer,
    error           text,
    created_at      timestamptz NOT NULL,
    next_attempt_at timestamptz,
    finished_at     timestamptz
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_status ON webhook_deliveries (status, id);
