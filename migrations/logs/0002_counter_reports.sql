-- Reports of counters that have been added to the tokens: one row each, written in the transaction that adds
-- them. `unknown` is what named no token; NULL: nothing.
CREATE TABLE counter_reports (
    node        text COLLATE "C" NOT NULL,
    epoch       text COLLATE "C" NOT NULL,
    sequence    bigint NOT NULL,
    digest      text NOT NULL,
    unknown     jsonb,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (node, epoch, sequence)
);
CREATE INDEX counter_reports_received_at ON counter_reports (received_at);

-- Numbers up to the floor are not taken any more unless their row is there still.
CREATE TABLE counter_floors (
    node      text COLLATE "C" NOT NULL,
    epoch     text COLLATE "C" NOT NULL,
    floor     bigint NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (node, epoch)
);
