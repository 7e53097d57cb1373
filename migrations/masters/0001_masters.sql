-- The projection's pages go by the id's text in byte order, hence its index.
CREATE TABLE masters (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version           bigint NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    name              text NOT NULL CONSTRAINT masters_name_key UNIQUE,
    "group"           text NOT NULL,
    namespaces        jsonb NOT NULL DEFAULT '[]',
    default_namespace text NOT NULL DEFAULT '',
    max_child_keys    bigint NOT NULL DEFAULT 0 CHECK (max_child_keys >= 0),
    global_qps        bigint NOT NULL DEFAULT 0 CHECK (global_qps >= 0),
    status            text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    epoch             bigint NOT NULL DEFAULT 1,
    metadata          jsonb NOT NULL DEFAULT '{}',
    prefix            text NOT NULL,
    key_hash          text COLLATE "C" NOT NULL CONSTRAINT masters_key_hash_key UNIQUE
);
CREATE INDEX masters_id_text ON masters ((id::text COLLATE "C"));
CREATE INDEX masters_status ON masters (status, id);
CREATE INDEX masters_group ON masters ("group", id);
CREATE INDEX masters_created_at ON masters (created_at, id);
CREATE INDEX masters_updated_at ON masters (updated_at, id);
-- Who names a namespace, asked before it is deleted.
CREATE INDEX masters_namespaces ON masters USING gin (namespaces jsonb_path_ops);
CREATE INDEX masters_default_namespace ON masters (default_namespace) WHERE default_namespace <> '';
