-- What names this ledger, and no other one.
CREATE TABLE identity (
  id TEXT NOT NULL
);
INSERT INTO identity (id) VALUES (lower(hex(randomblob(16))));

-- When an entry was committed, by the store's clock. Of those that are there
-- already it is known about.
ALTER TABLE entry ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
UPDATE entry SET at = coalesce((SELECT received_at FROM event WHERE event.seq = entry.run), 0);

-- The entry of what opening the run remembered.
ALTER TABLE run ADD COLUMN entry INTEGER NOT NULL DEFAULT 0;
UPDATE run SET entry = first.seq
  FROM (SELECT run, min(seq) AS seq FROM entry WHERE kind = 'opened' GROUP BY run) AS first
  WHERE first.run = run.seq;

-- How far each store beside the ledger follows it.
CREATE TABLE sink (
  name        TEXT PRIMARY KEY,
  owner       TEXT NOT NULL DEFAULT '',
  lease_until INTEGER NOT NULL DEFAULT 0,
  -- The last entry that was confirmed, and its batch's number.
  at          INTEGER NOT NULL DEFAULT 0,
  confirmed   INTEGER NOT NULL DEFAULT 0,
  -- The last number that was given away; never goes back.
  number      INTEGER NOT NULL DEFAULT 0,
  -- The last entry of a batch that is fixed and not confirmed; 0 for none.
  through     INTEGER NOT NULL DEFAULT 0,
  -- The highest number from before the sink began again, and the entry that ends that; 0 for none.
  rebuild     INTEGER NOT NULL DEFAULT 0,
  rebuild_to  INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Entries that a store can't take.
CREATE TABLE parked (
  sink     TEXT NOT NULL,
  entry    INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  reason   TEXT NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (sink, entry)
) WITHOUT ROWID;
