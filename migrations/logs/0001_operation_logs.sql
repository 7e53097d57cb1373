-- Who changed what: one row for each entity that a transaction created, updated or deleted, written in
-- that transaction. Append-only, hence neither version nor updated_at.
CREATE TABLE operation_logs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor_kind  text NOT NULL CHECK (actor_kind IN ('admin', 'master', 'internal', 'public', 'system')),
    actor_id    bigint,
    actor       text NOT NULL,
    action      text NOT NULL CHECK (action IN ('create', 'update', 'delete')),
    resource    text NOT NULL,
    resource_id text NOT NULL,
    status      text NOT NULL DEFAULT 'committed',
    before      jsonb,
    after       jsonb,
    ip          text,
    request_id  text,
    method      text,
    path        text,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX operation_logs_created_at ON operation_logs (created_at);
CREATE INDEX operation_logs_resource ON operation_logs (resource, resource_id, id);
CREATE INDEX operation_logs_actor ON operation_logs (actor, id);
CREATE INDEX operation_logs_action ON operation_logs (action, id);
CREATE INDEX operation_logs_request_id ON operation_logs (request_id);

CREATE FUNCTION operation_logs_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'operation_logs is append-only: % refused', TG_OP;
END $$;
CREATE TRIGGER operation_logs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operation_logs
    FOR EACH STATEMENT EXECUTE FUNCTION operation_logs_refuse();
