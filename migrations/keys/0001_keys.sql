-- The foreign key is checked at COMMIT: a master's deletion takes its tokens along in the same transaction.
-- Hashes compare by bytes, the order of the projection's pages. Counters change all the time and are in no
-- index, so that their updates stay within the page.
CREATE TABLE keys (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version           bigint NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    master_id         bigint NOT NULL
                      CONSTRAINT keys_master_id_fkey REFERENCES masters (id) DEFERRABLE INITIALLY DEFERRED,
    name              text NOT NULL,
    "group"           text NOT NULL DEFAULT '',
    namespaces        jsonb NOT NULL DEFAULT '[]',
    default_namespace text NOT NULL DEFAULT '',
    models            jsonb NOT NULL DEFAULT '[]',
    models_denied     jsonb NOT NULL DEFAULT '[]',
    ip_allow          jsonb NOT NULL DEFAULT '[]',
    ip_deny           jsonb NOT NULL DEFAULT '[]',
    expires_at        timestamptz,
    quota_limit       bigint CHECK (quota_limit > 0),
    quota_used        bigint NOT NULL DEFAULT 0,
    quota_reset       text NOT NULL DEFAULT 'none' CHECK (quota_reset IN ('none', 'daily', 'weekly', 'monthly')),
    quota_reset_at    timestamptz,
    qps_limit         bigint NOT NULL DEFAULT 0 CHECK (qps_limit >= 0),
    status            text NOT NULL DEFAULT 'active'
                      CHECK (status IN ('active', 'suspended', 'expired', 'exhausted')),
    request_count     bigint NOT NULL DEFAULT 0,
    tokens_in         bigint NOT NULL DEFAULT 0,
    tokens_out        bigint NOT NULL DEFAULT 0,
    last_used_at      timestamptz,
    epoch             bigint NOT NULL,
    prefix            text NOT NULL,
    token_hash        text COLLATE "C" NOT NULL CONSTRAINT keys_token_hash_key UNIQUE
) WITH (fillfactor = 85);
CREATE INDEX keys_master_id ON keys (master_id, id);
CREATE INDEX keys_quota_reset_at ON keys (quota_reset_at) WHERE quota_reset_at IS NOT NULL;
CREATE INDEX keys_expires_at ON keys (expires_at)
    WHERE expires_at IS NOT NULL AND status IN ('active', 'exhausted');
-- Who names a namespace, asked before it is deleted.
CREATE INDEX keys_namespaces ON keys USING gin (namespaces jsonb_path_ops) WHERE namespaces <> '[]';
CREATE INDEX keys_default_namespace ON keys (default_namespace) WHERE default_namespace <> '';

-- What a rotation has replaced but lets live on for a while. The epoch is that of the replaced token: a token
-- that had ended with its epoch does not come back by being rotated.
CREATE TABLE key_retiring_hashes (
    token_hash  text COLLATE "C" PRIMARY KEY,
    key_id      bigint NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    epoch       bigint NOT NULL,
    valid_until timestamptz NOT NULL
);
CREATE INDEX key_retiring_hashes_key_id ON key_retiring_hashes (key_id);
CREATE INDEX key_retiring_hashes_valid_until ON key_retiring_hashes (valid_until);
