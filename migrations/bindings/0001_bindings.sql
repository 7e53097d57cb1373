-- `name` is what the data plane looks up: the namespace up to the first dot, which the namespace itself cannot contain.
-- It compares by bytes, as the pages of the projection are ordered.
CREATE TABLE bindings (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version        bigint NOT NULL DEFAULT 1,
    namespace      text COLLATE "C" NOT NULL CONSTRAINT bindings_namespace_fkey REFERENCES namespaces (name),
    public_model   text COLLATE "C" NOT NULL CHECK (public_model <> ''),
    name           text COLLATE "C" GENERATED ALWAYS AS (namespace || '.' || public_model) STORED,
    group_id       bigint NOT NULL CONSTRAINT bindings_group_id_fkey REFERENCES provider_groups (id),
    route_group    text NOT NULL DEFAULT 'default' CHECK (route_group <> ''),
    weight         integer NOT NULL DEFAULT 0 CHECK (weight >= 0),
    selector_type  text NOT NULL DEFAULT 'exact' CHECK (selector_type IN ('exact', 'regex', 'normalize_exact')),
    selector_value text NOT NULL DEFAULT '',
    status         text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT bindings_candidate_key UNIQUE (namespace, public_model, group_id, route_group)
);
CREATE INDEX bindings_name ON bindings (name, id);
CREATE INDEX bindings_public_model ON bindings (public_model, id);
CREATE INDEX bindings_group_id ON bindings (group_id, id);
CREATE INDEX bindings_route_group ON bindings (route_group, id);
CREATE INDEX bindings_status ON bindings (status, id);
CREATE INDEX bindings_created_at ON bindings (created_at, id);
CREATE INDEX bindings_updated_at ON bindings (updated_at, id);
