-- What an admin set on a token, by field, and who suspended it: see plugins/keys/ceiling.hpp. Who suspended a token
-- before this is not known; it counts as an admin, so that no suspension is ended by a tenant.
ALTER TABLE keys
    ADD COLUMN limits jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN suspended_by text CHECK (suspended_by IN ('admin', 'master'));
UPDATE keys SET suspended_by = 'admin' WHERE status = 'suspended';
