-- Names sort in byte order, because the checksum of all models is taken in that order.
CREATE TABLE models (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version              bigint NOT NULL DEFAULT 1,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    name                 text COLLATE "C" NOT NULL,
    namespace            text GENERATED ALWAYS AS (split_part(name, '.', 1)) STORED,
    kind                 text NOT NULL DEFAULT 'chat' CHECK (kind IN ('chat', 'embedding', 'rerank', 'other')),
    context_window       bigint,
    max_output_tokens    bigint,
    cost_per_token       numeric,
    supports_vision      boolean NOT NULL DEFAULT false,
    supports_functions   boolean NOT NULL DEFAULT false,
    supports_tool_choice boolean NOT NULL DEFAULT false,
    supports_fim         boolean NOT NULL DEFAULT false,
    supports_stream      boolean NOT NULL DEFAULT false,
    source               text NOT NULL DEFAULT 'manual' CHECK (source IN ('manual', 'registry')),
    CONSTRAINT models_name_key UNIQUE (name)
);
CREATE INDEX models_namespace ON models (namespace);
CREATE INDEX models_kind ON models (kind, id);
CREATE INDEX models_source ON models (source, id);

-- One row: when the last model was written, created or deleted.
CREATE TABLE models_meta (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO models_meta DEFAULT VALUES;

-- One row: the document that the registry applied last, and how its last refresh went. `source` is what models_meta tells the data
-- plane, `last_origin` says whether the document came from the upstream or from the cache.
CREATE TABLE model_registry (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    source          text NOT NULL DEFAULT 'manual',
    version         text NOT NULL DEFAULT '',
    upstream_url    text NOT NULL DEFAULT '',
    upstream_ref    text NOT NULL DEFAULT '',
    etag            text NOT NULL DEFAULT '',
    last_origin     text,
    last_counts     jsonb,
    last_error      text,
    last_refresh_at timestamptz,
    last_success_at timestamptz
);
INSERT INTO model_registry DEFAULT VALUES;
