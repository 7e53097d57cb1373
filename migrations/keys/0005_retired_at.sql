-- The order in which the tokens of a key were replaced: only the latest may stay valid for a while.
-- Two steps, since a default that is not constant would rewrite the table.
ALTER TABLE key_retiring_hashes ADD COLUMN retired_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE key_retiring_hashes ALTER COLUMN retired_at SET DEFAULT clock_timestamp();
