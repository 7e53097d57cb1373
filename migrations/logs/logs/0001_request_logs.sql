-- Request records and the statistics drawn from them, in the log database.
--
-- request_logs            one row per request, unique by request_id
-- request_log_hours       what each ingest transaction adds to an hour, folded later: READERS ALWAYS AGGREGATE
-- request_log_spans       hours and days that are summed up in request_log_summaries and still hold
-- request_log_summaries   figures of such an hour or day by one dimension each
--
-- Figures everywhere: requests, errors (status_code >= 400), tokens_in, tokens_out, tokens_cached, cost_nano (1e-9 of the
-- unit of `cost`, so that sums are exact), latency_sum_ms, and latency, an encoded LatencyHistogram.
-- A number that a record does not give is NULL in request_logs and 0 in the statistics; a text is ''.
-- Every transaction that adds rows holds the advisory lock 7310872414, shared or alone; who holds it alone knows that nobody
-- is adding any.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE SEQUENCE request_logs_id CACHE 1000;

-- Without partitioning there is one partition for all times. Each partition has a unique index on
-- (request_id) of its own, which a partitioned table cannot have; who makes a partition makes it.
CREATE TABLE request_logs (
    id                bigint NOT NULL DEFAULT nextval('request_logs_id'),
    created_at        timestamptz NOT NULL,
    master_id         bigint,
    key_id            bigint,
    provider_group_id bigint,
    provider_id       bigint,
    tokens_in         bigint NOT NULL,
    tokens_out        bigint NOT NULL,
    cached_tokens     bigint NOT NULL,
    cost_nano         bigint NOT NULL,
    latency_ms        integer NOT NULL,
    first_token_ms    integer,
    status_code       smallint NOT NULL,
    stream            boolean NOT NULL,
    request_id        text NOT NULL,
    "group"           text NOT NULL,
    namespace         text NOT NULL,
    model             text NOT NULL,
    upstream_model    text NOT NULL,
    provider_type     text NOT NULL,
    error             text NOT NULL,
    client_ip         text NOT NULL
) PARTITION BY RANGE (created_at);
ALTER SEQUENCE request_logs_id OWNED BY request_logs.id;

-- Each index costs ingest: one per filter of the list, in the order of its pages.
CREATE INDEX request_logs_created_at ON request_logs (created_at, id);
CREATE INDEX request_logs_master_id ON request_logs (master_id, created_at);
CREATE INDEX request_logs_key_id ON request_logs (key_id, created_at);
CREATE INDEX request_logs_model ON request_logs (model, created_at);
CREATE INDEX request_logs_provider_id ON request_logs (provider_id, created_at);
CREATE INDEX request_logs_failed ON request_logs (created_at, id) WHERE status_code >= 400;
CREATE INDEX request_logs_error ON request_logs USING gin (error gin_trgm_ops) WHERE error <> '';

CREATE TABLE request_logs_all PARTITION OF request_logs FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
CREATE UNIQUE INDEX request_logs_all_request_id ON request_logs_all (request_id);

-- The partitions and the times that they hold, from .. to; the default partition holds what no other does.
CREATE VIEW request_log_partitions AS
    SELECT name, bound = 'DEFAULT' AS is_default,
           CASE WHEN ends[1] = 'MINVALUE' THEN '-infinity' ELSE ends[1] END::timestamptz AS starts,
           CASE WHEN ends[2] = 'MAXVALUE' THEN 'infinity' ELSE ends[2] END::timestamptz AS ends
    FROM (SELECT name, bound, regexp_match(bound, 'FROM \(''?([^'')]+)''?\) TO \(''?([^'')]+)''?\)') AS ends
          FROM (SELECT relname AS name, pg_get_expr(relpartbound, c.oid) AS bound
                FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
                WHERE inhparent = 'request_logs'::regclass) AS partition) AS bounded;

-- How a transaction that adds rows begins: it enters as a writer, `alone` where a unique index cannot decide about its rows,
-- and takes back what is summed up of the hours that it touches. Returns a number that differs whenever partitions came or
-- went.
CREATE FUNCTION request_logs_enter(hours timestamptz[], alone boolean) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(7310872414);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(7310872414);
    END IF;
    DELETE FROM request_log_spans
        WHERE (span = 'hour' AND starts = ANY (hours))
           OR (span = 'day' AND starts IN (SELECT date_trunc('day', h, 'UTC') FROM unnest(hours) h));
    RETURN (SELECT sum(inhrelid::bigint * inhrelid::bigint) FROM pg_inherits
            WHERE inhparent = 'request_logs'::regclass);
END $$;

-- hour: the beginning of the hour of created_at, UTC. status_class: status_code / 100.
CREATE TABLE request_log_hours (
    hour              timestamptz NOT NULL,
    master_id         bigint NOT NULL,
    key_id            bigint NOT NULL,
    provider_group_id bigint NOT NULL,
    provider_id       bigint NOT NULL,
    requests          bigint NOT NULL,
    errors            bigint NOT NULL,
    tokens_in         bigint NOT NULL,
    tokens_out        bigint NOT NULL,
    tokens_cached     bigint NOT NULL,
    cost_nano         bigint NOT NULL,
    latency_sum_ms    bigint NOT NULL,
    status_class      smallint NOT NULL,
    folded            boolean NOT NULL DEFAULT false,
    namespace         text NOT NULL,
    model             text NOT NULL,
    latency           bytea NOT NULL
);
CREATE INDEX request_log_hours_hour ON request_log_hours (hour, folded);
CREATE INDEX request_log_hours_master ON request_log_hours (master_id, hour) WHERE folded;

-- Rows from before `rows_kept_from` may have been deleted: what they added to the statistics cannot be recomputed.
CREATE TABLE request_log_state (
    single         boolean PRIMARY KEY DEFAULT true CHECK (single),
    rows_kept_from timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO request_log_state DEFAULT VALUES;

-- Adds a few rows with what they add to the hours, in one round trip, where COPY takes seven. The columns of request_logs
-- but its id, each as an array; the latency of each row as a histogram; what request_logs_enter must return, or nothing is
-- done and NULL returned. Returns the request ids that were stored before.
CREATE FUNCTION request_logs_add(
    timestamptz[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], integer[], integer[],
    smallint[], boolean[], text[], text[], text[], text[], text[], text[], text[], text[], bytea[], bigint
) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    IF request_logs_enter(ARRAY(SELECT DISTINCT date_trunc('hour', t, 'UTC') FROM unnest($1) t), false) <> $23 THEN
        RETURN NEXT NULL;
        RETURN;
    END IF;
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
            AS g(created_at, master_id, key_id, provider_group_id, provider_id, tokens_in, tokens_out, cached_tokens, cost_nano,
                 latency_ms, first_token_ms, status_code, stream, request_id, "group", namespace, model, upstream_model,
                 provider_type, error, client_ip, latency)
    ), stored AS (
        INSERT INTO request_logs AS r (created_at, master_id, key_id, provider_group_id, provider_id, tokens_in, tokens_out,
            cached_tokens, cost_nano, latency_ms, first_token_ms, status_code, stream, request_id, "group", namespace, model,
            upstream_model, provider_type, error, client_ip)
        SELECT g.created_at, g.master_id, g.key_id, g.provider_group_id, g.provider_id, g.tokens_in, g.tokens_out,
            g.cached_tokens, g.cost_nano, g.latency_ms, g.first_token_ms, g.status_code, g.stream, g.request_id, g."group",
            g.namespace, g.model, g.upstream_model, g.provider_type, g.error, g.client_ip
        FROM given g ON CONFLICT DO NOTHING RETURNING r.request_id
    ), counted AS (
        INSERT INTO request_log_hours (hour, master_id, key_id, provider_group_id, provider_id, requests, errors, tokens_in,
            tokens_out, tokens_cached, cost_nano, latency_sum_ms, status_class, namespace, model, latency)
        SELECT date_trunc('hour', g.created_at, 'UTC'), coalesce(g.master_id, 0), coalesce(g.key_id, 0),
            coalesce(g.provider_group_id, 0), coalesce(g.provider_id, 0), 1, (g.status_code >= 400)::integer, g.tokens_in,
            g.tokens_out, g.cached_tokens, g.cost_nano, g.latency_ms, g.status_code / 100, g.namespace, g.model, g.latency
        FROM given g JOIN stored USING (request_id)
    )
    SELECT g.request_id FROM given g WHERE g.request_id NOT IN (SELECT s.request_id FROM stored s);
END $$;

-- The span `starts` .. + 1 hour or 1 day is summed up and holds; a record that arrives for it later takes it away in the
-- transaction that stores it. While it is being built it is not `ready`: readers ask for ready ones only, take the
-- summaries of these spans and request_log_hours for the rest of their range, all in one snapshot.
CREATE TABLE request_log_spans (
    span     text NOT NULL CHECK (span IN ('hour', 'day')),
    starts   timestamptz NOT NULL,
    ready    boolean NOT NULL DEFAULT false,
    built_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (span, starts)
);

-- dimension: model, master, key, provider, namespace, status ('2' .. '5') and, in a day only, hour ('00' .. '23'); the
-- total of a span is the sum over any one of them. value: the id or the name as text; '' or '0' where records give none.
-- master_id 0: of all masters. An hour has only these, a day has each master's own besides.
CREATE TABLE request_log_summaries (
    span           text NOT NULL,
    starts         timestamptz NOT NULL,
    dimension      text NOT NULL,
    master_id      bigint NOT NULL,
    value          text NOT NULL,
    requests       bigint NOT NULL,
    errors         bigint NOT NULL,
    tokens_in      bigint NOT NULL,
    tokens_out     bigint NOT NULL,
    tokens_cached  bigint NOT NULL,
    cost_nano      bigint NOT NULL,
    latency_sum_ms bigint NOT NULL,
    latency        bytea NOT NULL,
    PRIMARY KEY (span, dimension, master_id, starts, value)
);
