-- Every filter of the list of records has an index in the order of its pages.
CREATE INDEX request_logs_provider_group_id ON request_logs (provider_group_id, created_at);

-- Whatever is no success, so that it serves 3xx as well.
DROP INDEX request_logs_failed;
CREATE INDEX request_logs_failed ON request_logs (created_at, id) WHERE status_code >= 300;
