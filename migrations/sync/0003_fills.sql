-- Which full push has filled which resource last: {resource: id}. A Redis that names another one is not the one that was
-- filled: another database of the server, an older copy, or somebody else's.
ALTER TABLE sync_state ADD COLUMN fills jsonb NOT NULL DEFAULT '{}';
