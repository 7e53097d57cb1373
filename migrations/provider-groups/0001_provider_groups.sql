CREATE TABLE provider_groups (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version         bigint NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    name            text NOT NULL,
    type            text NOT NULL,
    base_url        text NOT NULL DEFAULT '',
    google_project  text NOT NULL DEFAULT '',
    google_location text NOT NULL DEFAULT '',
    models          jsonb NOT NULL DEFAULT '[]',
    status          text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    auto_ban        boolean NOT NULL DEFAULT true,
    CONSTRAINT provider_groups_name_key UNIQUE (name)
);
CREATE INDEX provider_groups_type ON provider_groups (type, id);
CREATE INDEX provider_groups_status ON provider_groups (status, id);

-- api_key, access_token and refresh_token hold masks. The credentials themselves stand together in `sealed`, encrypted with the
-- key `key_id` of the keyring and bound to `credential_ref`, which is the row's own and never changes. `fingerprint` is a keyed
-- hash that tells equal credentials.
CREATE TABLE api_keys (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version          bigint NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    group_id         bigint NOT NULL,
    name             text NOT NULL DEFAULT '',
    api_key          text,
    access_token     text,
    refresh_token    text,
    token_expires_at timestamptz,
    weight           integer NOT NULL DEFAULT 0 CHECK (weight >= 0),
    status           text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'banned')),
    ban_reason       text CHECK (ban_reason IS NOT NULL OR status <> 'banned'),
    ban_until        timestamptz,
    sealed           text NOT NULL,
    key_id           text NOT NULL,
    credential_ref   text NOT NULL,
    fingerprint      text NOT NULL,
    CONSTRAINT api_keys_group_id_fkey FOREIGN KEY (group_id) REFERENCES provider_groups (id),
    CONSTRAINT api_keys_credential_ref_key UNIQUE (credential_ref)
);
CREATE INDEX api_keys_group ON api_keys (group_id, id);
CREATE INDEX api_keys_fingerprint ON api_keys (group_id, fingerprint);
CREATE INDEX api_keys_status ON api_keys (status, id);
CREATE INDEX api_keys_name ON api_keys (name, id);
CREATE INDEX api_keys_key ON api_keys (key_id, id);
CREATE INDEX api_keys_ban_end ON api_keys (ban_until) WHERE status = 'banned';
CREATE INDEX api_keys_projection ON api_keys ((id::text) COLLATE "C");
