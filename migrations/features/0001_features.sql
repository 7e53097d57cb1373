-- A JSON null as the value is stored as SQL NULL. Names compare by bytes, see namespaces.
CREATE TABLE features (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version     bigint NOT NULL DEFAULT 1,
    name        text COLLATE "C" NOT NULL CONSTRAINT features_name_key UNIQUE
                CHECK (name ~ '^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$'),
    value       jsonb,
    description text NOT NULL DEFAULT '',
    enabled     boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX features_enabled ON features (enabled);
CREATE INDEX features_created_at ON features (created_at, id);
CREATE INDEX features_updated_at ON features (updated_at, id);
