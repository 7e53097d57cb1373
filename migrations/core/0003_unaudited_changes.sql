-- Transactions that changed entities while no plugin kept the audit: one row each, written in that transaction.
-- It survives the plugin, so that the gap in the operation log can be named later. Append-only.
CREATE TABLE ez_unaudited_changes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    revision   bigint,          -- under which the change reached Redis; NULL: none
    instance   text   NOT NULL, -- the process that wrote it
    actor_kind text   NOT NULL,
    actor      text   NOT NULL,
    ip         text,
    request_id text,
    method     text,
    path       text,
    changes    jsonb  NOT NULL, -- [{"action", "resource", "id"}, ...], the first 100
    total      integer NOT NULL -- how many there were
);
CREATE FUNCTION ez_unaudited_changes_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
END $$;
CREATE TRIGGER ez_unaudited_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ez_unaudited_changes
    FOR EACH STATEMENT EXECUTE FUNCTION ez_unaudited_changes_refuse();
