-- The chain is keyed: a link is an HMAC with a key that is not in the database, and so is the signature of the head.
-- Links from before have no key_id and stay verifiable. The constraint binds new links only, so that a server of an
-- earlier version cannot add unkeyed ones; its rows wait for the next sealing.
ALTER TABLE operation_logs ADD COLUMN request_id_given boolean NOT NULL DEFAULT false;
ALTER TABLE operation_chain ADD COLUMN key_id text;
ALTER TABLE operation_chain ADD CONSTRAINT operation_chain_keyed CHECK (key_id IS NOT NULL) NOT VALID;
ALTER TABLE operation_chain_head
    ADD COLUMN keyed_from bigint, -- first position whose link is keyed
    ADD COLUMN key_id     text,
    ADD COLUMN signature  text;

-- The webhook's signing key, encrypted like upstream credentials. `signing_key` is emptied once it is sealed.
ALTER TABLE webhook_settings
    ADD COLUMN sealed_key  text NOT NULL DEFAULT '',
    ADD COLUMN sealed_with text NOT NULL DEFAULT ''; -- id of the key
