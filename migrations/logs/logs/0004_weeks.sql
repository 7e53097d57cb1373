-- Weeks, which begin on Mondays, are summed up from their days. They have no dimension `hour`, each master's own besides, and
-- are not used where figures of single days are asked for.
ALTER TABLE request_log_spans
    DROP CONSTRAINT request_log_spans_span_check,
    ADD CONSTRAINT request_log_spans_span_check CHECK (span IN ('hour', 'day', 'week'));

CREATE OR REPLACE FUNCTION request_logs_enter(hours timestamptz[], alone boolean) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(7310872414);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(7310872414);
    END IF;
    DELETE FROM request_log_spans
        WHERE (span = 'hour' AND starts = ANY (hours))
           OR (span = 'day' AND starts = ANY (ARRAY(SELECT date_trunc('day', h, 'UTC') FROM unnest(hours) h)))
           OR (span = 'week' AND starts = ANY (ARRAY(SELECT date_trunc('week', h, 'UTC') FROM unnest(hours) h)));
    RETURN (SELECT sum(inhrelid::bigint * inhrelid::bigint) FROM pg_inherits
            WHERE inhparent = 'request_logs'::regclass);
END $$;
