-- The row of a deleted entity outlives it by a week, see plugins/sync/recorder.cpp: this finds those to forget.
CREATE INDEX sync_entities_deleted ON sync_entities (resource, updated_at) WHERE deleted AND state = 'applied';
