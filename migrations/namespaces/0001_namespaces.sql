-- Names compare by bytes: they are ASCII, and the order of the index is that of the projection's pages.
CREATE TABLE namespaces (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version     bigint NOT NULL DEFAULT 1,
    name        text COLLATE "C" NOT NULL CONSTRAINT namespaces_name_key UNIQUE
                CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    description text NOT NULL DEFAULT '',
    status      text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX namespaces_status ON namespaces (status);
CREATE INDEX namespaces_created_at ON namespaces (created_at, id);
CREATE INDEX namespaces_updated_at ON namespaces (updated_at, id);
