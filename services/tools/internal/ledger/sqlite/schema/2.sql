-- What ingress answered, as it tells it a second later: for people, no run rests
-- on it. An event's own deliveries, which count, are in delivery.
CREATE TABLE report (
  seq     INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  source  TEXT NOT NULL,
  code    TEXT NOT NULL,
  status  TEXT NOT NULL,
  reason  TEXT NOT NULL,
  -- Refused (1) or not, and the how-many-eth of its sort: the newest of each stay.
  refused INTEGER NOT NULL,
  turn    INTEGER NOT NULL,
  -- switchyard.tools.v1.DeliveryRecord.
  record  BLOB NOT NULL
);
CREATE INDEX report_turn ON report (refused, turn);

-- How many deliveries a process of ingress counted and told no more of.
CREATE TABLE dropped (
  reporter TEXT NOT NULL,
  source   TEXT NOT NULL,
  total    INTEGER NOT NULL,
  PRIMARY KEY (reporter, source)
) WITHOUT ROWID;
