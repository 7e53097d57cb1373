-- A record is known by its master and its request id: two masters may use one request id, and neither keeps the other's
-- records out. Records without a master are a space of their own (0).
--
-- The previous program goes on beside this one. What it needs of these indexes:
--   its COPY fails with 23505 where a record is stored already, whatever index says so;
--   its request_logs_add says ON CONFLICT DO NOTHING without a target, so that any unique index serves;
--   it looks records up by request_id alone, which stays the first column, and reads all records under one.
-- Its partitions still get a unique index on (request_id) alone. request_logs_own_ids() replaces each such index, here and
-- whenever the new program looks after partitions or meets one. No row is rewritten; writers of a partition wait until its
-- index is built.

CREATE FUNCTION request_logs_own_ids() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    narrow record;
    replaced integer := 0;
BEGIN
    FOR narrow IN
        SELECT i.indexrelid::regclass AS name, i.indrelid::regclass AS partition, c.relname AS plain
        FROM pg_inherits JOIN pg_index i ON i.indrelid = inhrelid JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'request_id'
        WHERE inhparent = 'request_logs'::regclass AND i.indisunique AND i.indnatts = 1 AND i.indkey[0] = a.attnum
    LOOP
        -- Nobody adds rows meanwhile, see request_logs_enter.
        PERFORM pg_advisory_xact_lock(7310872414);
        EXECUTE format('DROP INDEX IF EXISTS %s', narrow.name);
        EXECUTE format('CREATE UNIQUE INDEX IF NOT EXISTS %I ON %s (request_id, coalesce(master_id, 0))',
                       narrow.plain, narrow.partition);
        replaced := replaced + 1;
    END LOOP;
    RETURN replaced;
END $$;

SELECT request_logs_own_ids();

-- As request_logs_add. Returns the places, from 1, of the rows that were stored before: an id alone may be that of two rows.
CREATE FUNCTION request_logs_store(
    timestamptz[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], integer[], integer[],
    smallint[], boolean[], text[], text[], text[], text[], text[], text[], text[], text[], bytea[], bigint
) RETURNS SETOF integer LANGUAGE plpgsql AS $$
BEGIN
    IF request_logs_enter(ARRAY(SELECT DISTINCT date_trunc('hour', t, 'UTC') FROM unnest($1) t), false) <> $23 THEN
        RETURN NEXT NULL;
        RETURN;
    END IF;
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
            WITH ORDINALITY
            AS g(created_at, master_id, key_id, provider_group_id, provider_id, tokens_in, tokens_out, cached_tokens, cost_nano,
                 latency_ms, first_token_ms, status_code, stream, request_id, "group", namespace, model, upstream_model,
                 provider_type, error, client_ip, latency, place)
    ), stored AS (
        INSERT INTO request_logs AS r (created_at, master_id, key_id, provider_group_id, provider_id, tokens_in, tokens_out,
            cached_tokens, cost_nano, latency_ms, first_token_ms, status_code, stream, request_id, "group", namespace, model,
            upstream_model, provider_type, error, client_ip)
        SELECT g.created_at, g.master_id, g.key_id, g.provider_group_id, g.provider_id, g.tokens_in, g.tokens_out,
            g.cached_tokens, g.cost_nano, g.latency_ms, g.first_token_ms, g.status_code, g.stream, g.request_id, g."group",
            g.namespace, g.model, g.upstream_model, g.provider_type, g.error, g.client_ip
        FROM given g ON CONFLICT DO NOTHING RETURNING r.request_id, coalesce(r.master_id, 0) AS master
    ), fresh AS (
        SELECT g.* FROM given g JOIN stored s ON s.request_id = g.request_id AND s.master = coalesce(g.master_id, 0)
    ), counted AS (
        INSERT INTO request_log_hours (hour, master_id, key_id, provider_group_id, provider_id, requests, errors, tokens_in,
            tokens_out, tokens_cached, cost_nano, latency_sum_ms, status_class, namespace, model, latency)
        SELECT date_trunc('hour', f.created_at, 'UTC'), coalesce(f.master_id, 0), coalesce(f.key_id, 0),
            coalesce(f.provider_group_id, 0), coalesce(f.provider_id, 0), 1, (f.status_code >= 400)::integer, f.tokens_in,
            f.tokens_out, f.cached_tokens, f.cost_nano, f.latency_ms, f.status_code / 100, f.namespace, f.model, f.latency
        FROM fresh f
    )
    SELECT g.place::integer FROM given g WHERE g.place NOT IN (SELECT f.place FROM fresh f);
END $$;

-- Called by the previous program, which never sends one request id twice in a call.
CREATE OR REPLACE FUNCTION request_logs_add(
    timestamptz[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], integer[], integer[],
    smallint[], boolean[], text[], text[], text[], text[], text[], text[], text[], text[], bytea[], bigint
) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT ($14)[place] FROM request_logs_store($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
        $15, $16, $17, $18, $19, $20, $21, $22, $23) AS place;
END $$;
