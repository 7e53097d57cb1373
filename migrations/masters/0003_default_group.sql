-- As the API has it.
ALTER TABLE masters ALTER COLUMN "group" SET DEFAULT 'default';
