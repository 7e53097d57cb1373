-- The default weight is 1, in SQL as in the API and for the data plane. 0 was stored where none was given, and meant the same: what
-- the data plane reads does not change, so that versions and revisions stay.
ALTER TABLE api_keys ALTER COLUMN weight SET DEFAULT 1;
UPDATE api_keys SET weight = 1 WHERE weight = 0;
