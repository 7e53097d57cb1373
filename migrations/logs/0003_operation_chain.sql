-- The chain that makes tampering with the operation log visible. Writers do not wait for it: a row is inserted with
-- the transaction that wrote it, and once all transactions up to that one have ended, a job gives it its place.
ALTER TABLE operation_logs ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX operation_logs_xid ON operation_logs (xid, id);
CREATE INDEX operation_logs_actor_id ON operation_logs (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX operation_logs_ip ON operation_logs (ip, id);

-- hash = SHA-256 in hex over the hash before it and the row's canonical form (see plugins/logs/audit/chain.hpp). No
-- foreign key: a row that was deleted behind the triggers must leave its place.
CREATE TABLE operation_chain (
    position     bigint PRIMARY KEY,
    operation_id bigint NOT NULL CONSTRAINT operation_chain_operation_id_key UNIQUE,
    hash         text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$')
);
CREATE OR REPLACE FUNCTION operation_logs_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
END $$;
CREATE TRIGGER operation_chain_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operation_chain
    FOR EACH STATEMENT EXECUTE FUNCTION operation_logs_refuse();

-- One row: where the chain ends, so that a tail that was cut off is missed, and below which transaction all rows have
-- their place.
CREATE TABLE operation_chain_head (
    one          boolean PRIMARY KEY DEFAULT true CHECK (one),
    position     bigint NOT NULL DEFAULT 0,
    hash         text NOT NULL DEFAULT repeat('0', 64),
    sealed_below xid8 NOT NULL DEFAULT '0',
    sealed_at    timestamptz
);
INSERT INTO operation_chain_head DEFAULT VALUES;
