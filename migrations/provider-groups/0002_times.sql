-- Times behind the year 9999, which were taken and are now refused, in the form in which they are taken.
UPDATE api_keys SET token_expires_at = timestamptz '9999-12-31 23:59:59.999+00'
    WHERE token_expires_at >= timestamptz '10000-01-01 00:00:00+00';
UPDATE api_keys SET ban_until = timestamptz '9999-12-31 23:59:59.999+00'
    WHERE ban_until >= timestamptz '10000-01-01 00:00:00+00';
