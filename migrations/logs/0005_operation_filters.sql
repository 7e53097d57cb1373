-- Every filter of the operation log has an index in the order of its pages.
CREATE INDEX operation_logs_actor_kind ON operation_logs (actor_kind, id);
CREATE INDEX operation_logs_resource_id ON operation_logs (resource_id, id);
