-- Times are microseconds since 1970 in UTC; 0 is "none". What is only ever read
-- as a whole is kept as one protobuf or JSON value: rows and indexes are what a
-- write costs.

-- An event as ingress sealed it, never changed. seq is the order of arrival.
CREATE TABLE event (
  seq         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  source      TEXT NOT NULL,
  instance    TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  -- Only of events that are duplicates within a window, not for ever.
  window_key  TEXT,
  event       BLOB NOT NULL
);
CREATE INDEX event_window ON event (source, instance, window_key, received_at) WHERE window_key IS NOT NULL;

-- The raw body, s2-compressed, apart from the event, which is read far more often.
CREATE TABLE event_body (
  event INTEGER PRIMARY KEY,
  body  BLOB NOT NULL
);

-- Every delivery of an event. Its ids are unsigned: kept, never relied on.
CREATE TABLE delivery (
  seq         INTEGER PRIMARY KEY,
  event       INTEGER NOT NULL,
  delivery_id TEXT NOT NULL,
  hook_id     TEXT NOT NULL,
  retry       INTEGER NOT NULL,
  received_at INTEGER NOT NULL
);

-- One run an event; seq is the event's.
CREATE TABLE run (
  seq         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  source      TEXT NOT NULL,
  deliveries  INTEGER NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  decided_at  INTEGER NOT NULL DEFAULT 0,
  -- Rows that opening the run wrote, for its three automatic memory writes.
  records     INTEGER NOT NULL,
  facts       INTEGER NOT NULL,
  links       INTEGER NOT NULL,
  -- switchyard.tools.v1.Run as it was opened: what never changes.
  opened      BLOB NOT NULL,
  -- switchyard.tools.v1.Plan, marshalled deterministically: plans are compared by their bytes.
  plan        BLOB
);
CREATE INDEX run_unplanned ON run (lease_until) WHERE plan IS NULL;

-- An intent, written before its effect.
CREATE TABLE call (
  id          TEXT PRIMARY KEY,
  run         INTEGER NOT NULL,
  position    INTEGER NOT NULL,
  effect_key  TEXT NOT NULL,
  class       TEXT NOT NULL,
  state       TEXT NOT NULL,
  mode        TEXT NOT NULL,
  occurrence  TEXT NOT NULL,
  version     INTEGER NOT NULL,
  not_after   INTEGER NOT NULL,
  look_at     INTEGER NOT NULL,
  valid_until INTEGER NOT NULL,
  -- How long the intent was valid when it was pinned; a restart begins it anew.
  valid_for   INTEGER NOT NULL,
  next_at     INTEGER NOT NULL,
  owner       TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  -- switchyard.tools.v1.Call; its state is the column's.
  shown       BLOB NOT NULL,
  -- google.protobuf.Struct.
  payload     BLOB NOT NULL
);
CREATE INDEX call_run ON call (run, position);
CREATE INDEX call_open ON call (next_at) WHERE state IN ('queued', 'running');
-- The guard of "no effect twice": whatever the code does, two calls can't hold
-- one effect. A call that only renders its request (mode dry_run) holds none.
CREATE UNIQUE INDEX call_effect ON call (effect_key)
  WHERE mode = 'act' AND class IN ('create', 'set') AND state IN ('queued', 'running', 'done', 'unknown');
-- An upsert's key names the thing that is kept up to date: many calls share it.
CREATE INDEX call_upsert ON call (effect_key)
  WHERE mode = 'act' AND class = 'upsert' AND state IN ('queued', 'running', 'done', 'unknown');

CREATE TABLE entity (
  seq        INTEGER PRIMARY KEY,
  ref        TEXT NOT NULL UNIQUE,
  -- 0: a stub, named and not seen yet.
  seen       INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  native_id  TEXT NOT NULL,
  place      TEXT NOT NULL,
  -- The version that kind, native_id and place come from.
  at         INTEGER NOT NULL,
  rank       INTEGER NOT NULL,
  event_id   TEXT NOT NULL,
  -- JSON: where -> when the text there was last seen. A link that stood there and was last seen before is gone.
  texts      TEXT NOT NULL,
  -- JSON: name -> {v: value, t: time, r: rank, e: event}.
  attributes TEXT NOT NULL
);

CREATE TABLE link (
  from_ref   TEXT NOT NULL,
  stood      TEXT NOT NULL,
  to_ref     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  rule       TEXT NOT NULL,
  confidence TEXT NOT NULL,
  -- switchyard.event.v1.Account; NULL where the body names none.
  author     BLOB,
  editor     BLOB,
  first_at   INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  -- Of the last sighting, as all that is not part of the key.
  event_id   TEXT NOT NULL,
  PRIMARY KEY (from_ref, stood, to_ref, kind)
) WITHOUT ROWID;
CREATE INDEX link_to ON link (to_ref);

CREATE TABLE observation (
  subject  TEXT NOT NULL,
  name     TEXT NOT NULL,
  sub_key  TEXT NOT NULL,
  at       INTEGER NOT NULL,
  value    TEXT NOT NULL,
  event_id TEXT NOT NULL,
  PRIMARY KEY (subject, name, sub_key)
) WITHOUT ROWID;
CREATE INDEX observation_time ON observation (subject, at DESC);

-- The outbox: what changed, in the order of commits. AUTOINCREMENT, because a
-- cursor must never meet a number a second time.
CREATE TABLE entry (
  seq   INTEGER PRIMARY KEY AUTOINCREMENT,
  run   INTEGER NOT NULL,
  kind  TEXT NOT NULL, -- opened, planned, changed
  delta BLOB           -- ledger.EncodeDelta; NULL where nothing was remembered
);
