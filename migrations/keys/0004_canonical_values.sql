-- Values that were taken and are now refused, in the form in which they are taken: a time behind the year 9999, and
-- IPv4 addresses and networks in IPv6 notation.
UPDATE keys SET expires_at = timestamptz '9999-12-31 23:59:59.999+00' WHERE expires_at >= timestamptz '10000-01-01 00:00:00+00';
DO $$
DECLARE
    list text;
BEGIN
    FOREACH list IN ARRAY ARRAY['ip_allow', 'ip_deny'] LOOP
        EXECUTE format($sql$
            UPDATE keys SET %1$I = (
                SELECT jsonb_agg(DISTINCT CASE
                    WHEN item ~ '^::ffff:[0-9.]+$' THEN substr(item, 8)
                    WHEN item ~ '^::ffff:[0-9.]+/(9[6-9]|1[0-2][0-9])$'
                        THEN substr(split_part(item, '/', 1), 8) || '/' || (split_part(item, '/', 2)::int - 96)
                    ELSE item END)
                FROM jsonb_array_elements_text(%1$I) AS item)
            WHERE %1$I::text LIKE '%%::ffff:%%'
        $sql$, list);
    END LOOP;
END $$;
