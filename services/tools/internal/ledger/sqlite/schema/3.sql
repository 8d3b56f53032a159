-- How the event proved itself that a memory rests on: what a token vouches for
-- must not aim what a signature vouches for. All there was so far was signed.

-- 1: seen by an event with a signature.
ALTER TABLE entity ADD COLUMN vouched INTEGER NOT NULL DEFAULT 0;
UPDATE entity SET vouched = seen;

-- A link that a token tells is a row of its own beside the one that a signature
-- tells: neither changes the other, whichever is seen last.
ALTER TABLE link RENAME TO link_before;
CREATE TABLE link (
  from_ref   TEXT NOT NULL,
  stood      TEXT NOT NULL,
  to_ref     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  authn      TEXT NOT NULL,
  rule       TEXT NOT NULL,
  confidence TEXT NOT NULL,
  -- switchyard.event.v1.Account; NULL where the body names none.
  author     BLOB,
  editor     BLOB,
  first_at   INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  -- Of the last sighting, as all that is not part of the key.
  event_id   TEXT NOT NULL,
  PRIMARY KEY (from_ref, stood, to_ref, kind, authn)
) WITHOUT ROWID;
INSERT INTO link (from_ref, stood, to_ref, kind, authn, rule, confidence, author, editor, first_at, last_at, event_id)
  SELECT from_ref, stood, to_ref, kind, 'signature', rule, confidence, author, editor, first_at, last_at, event_id FROM link_before;
DROP TABLE link_before;
CREATE INDEX link_to ON link (to_ref);
