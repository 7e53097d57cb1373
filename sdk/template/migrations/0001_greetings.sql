-- The columns that every resource has, and one for each field. A filter or sort needs an index.
CREATE TABLE hello_greetings (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version    bigint NOT NULL DEFAULT 1,
    language   text NOT NULL CONSTRAINT hello_greetings_language_key UNIQUE,
    text       text NOT NULL,
    enabled    boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX hello_greetings_created_at ON hello_greetings (created_at, id);
CREATE INDEX hello_greetings_updated_at ON hello_greetings (updated_at, id);
