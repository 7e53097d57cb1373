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
-- Every transaction that adds rows holds pg_advisory_xact_lock(7310872414): one writer per log database.

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

-- How a transaction that adds rows begins: it becomes the one writer, and takes back what is summed up of the hours that it
-- touches. Returns a number that differs whenever partitions came or went.
CREATE FUNCTION request_logs_enter(hours timestamptz[]) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7310872414);
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
