-- +goose Up

-- Times are microseconds since 1970 in UTC; 0 is "none". What is only ever read
-- as a whole is kept as one protobuf or JSON value: rows and indexes are what a
-- write costs. Text is compared by its bytes, as the other ledgers do; what
-- PostgreSQL can't keep in it, the program escapes.

-- What names this ledger, and no other one, and the cluster of servers that it
-- lies in: transaction numbers mean something within one only.
CREATE TABLE ledger (
  id  text NOT NULL,
  era text NOT NULL
);
INSERT INTO ledger (id, era) SELECT replace(gen_random_uuid()::text, '-', ''), system_identifier::text FROM pg_control_system();

-- An event as ingress sealed it, never changed. seq is the order of arrival.
CREATE SEQUENCE event_seq;
CREATE TABLE event (
  seq         bigint PRIMARY KEY,
  id          text COLLATE "C" NOT NULL UNIQUE,
  source      text COLLATE "C" NOT NULL,
  instance    text COLLATE "C" NOT NULL,
  received_at bigint NOT NULL,
  -- Only of events that are duplicates within a window, not for ever.
  window_key  text COLLATE "C",
  event       bytea NOT NULL
);
CREATE INDEX event_window ON event (source, instance, window_key, received_at) WHERE window_key IS NOT NULL;

-- The raw body, s2-compressed, apart from the event, which is read far more often.
CREATE TABLE event_body (
  event bigint PRIMARY KEY,
  body  bytea NOT NULL
);
-- It is compressed already.
ALTER TABLE event_body ALTER COLUMN body SET STORAGE EXTERNAL;

-- Every delivery of an event. Its ids are unsigned: kept, never relied on.
CREATE TABLE delivery (
  seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event       bigint NOT NULL,
  delivery_id text COLLATE "C" NOT NULL,
  hook_id     text COLLATE "C" NOT NULL,
  retry       bigint NOT NULL,
  received_at bigint NOT NULL
);

-- One run an event; seq is the event's.
CREATE TABLE run (
  seq         bigint PRIMARY KEY,
  id          text COLLATE "C" NOT NULL UNIQUE,
  source      text COLLATE "C" NOT NULL,
  deliveries  bigint NOT NULL,
  lease_owner text COLLATE "C" NOT NULL,
  lease_until bigint NOT NULL,
  decided_at  bigint NOT NULL,
  -- Rows that opening the run wrote, for its three automatic memory writes.
  records     bigint NOT NULL,
  facts       bigint NOT NULL,
  links       bigint NOT NULL,
  -- The entry of what opening it remembered.
  entry       bigint NOT NULL,
  -- switchyard.tools.v1.Run as it was opened: what never changes.
  opened      bytea NOT NULL,
  -- switchyard.tools.v1.Plan, marshalled deterministically: plans are compared by their bytes.
  plan        bytea
) WITH (fillfactor = 80);
CREATE INDEX run_unplanned ON run (lease_until) WHERE plan IS NULL;

-- An intent, written before its effect.
CREATE TABLE call (
  id          text COLLATE "C" PRIMARY KEY,
  run         bigint NOT NULL,
  position    bigint NOT NULL,
  effect_key  text COLLATE "C" NOT NULL,
  class       text COLLATE "C" NOT NULL,
  state       text COLLATE "C" NOT NULL,
  mode        text COLLATE "C" NOT NULL,
  occurrence  text COLLATE "C" NOT NULL,
  version     bigint NOT NULL,
  not_after   bigint NOT NULL,
  look_at     bigint NOT NULL,
  valid_until bigint NOT NULL,
  -- How long the intent was valid when it was pinned; a restart begins it anew.
  valid_for   bigint NOT NULL,
  next_at     bigint NOT NULL,
  owner       text COLLATE "C" NOT NULL,
  lease_until bigint NOT NULL,
  -- switchyard.tools.v1.Call; its state is the column's.
  shown       bytea NOT NULL,
  -- google.protobuf.Struct.
  payload     bytea NOT NULL
) WITH (fillfactor = 80);
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
  ref        text COLLATE "C" PRIMARY KEY,
  -- Without: a stub, named and not seen yet.
  seen       boolean NOT NULL,
  -- Seen by an event with a signature.
  vouched    boolean NOT NULL,
  kind       text COLLATE "C" NOT NULL,
  native_id  text COLLATE "C" NOT NULL,
  place      text COLLATE "C" NOT NULL,
  -- The version that kind, native_id and place come from.
  at         bigint NOT NULL,
  rank       bigint NOT NULL,
  event_id   text COLLATE "C" NOT NULL,
  -- What a signed event told of it: public, private; '' for nothing.
  visibility text COLLATE "C" NOT NULL,
  -- where -> when the text there was last seen. A link that stood there and was last seen before is gone.
  texts      jsonb NOT NULL,
  -- JSON: name -> {v: value, t: time, r: rank, e: event}. As text: values may hold what jsonb refuses.
  attributes text NOT NULL
) WITH (fillfactor = 80);

-- What a token tells and what a signature tells are two rows: neither changes the other.
CREATE TABLE link (
  from_ref   text COLLATE "C" NOT NULL,
  stood      text COLLATE "C" NOT NULL,
  to_ref     text COLLATE "C" NOT NULL,
  kind       text COLLATE "C" NOT NULL,
  authn      text COLLATE "C" NOT NULL,
  rule       text COLLATE "C" NOT NULL,
  confidence text COLLATE "C" NOT NULL,
  -- switchyard.event.v1.Account; NULL where the body names none.
  author     bytea,
  editor     bytea,
  first_at   bigint NOT NULL,
  last_at    bigint NOT NULL,
  -- Of the last sighting, as all that is not part of the key.
  event_id   text COLLATE "C" NOT NULL,
  PRIMARY KEY (from_ref, stood, to_ref, kind, authn)
);
CREATE INDEX link_to ON link (to_ref);

CREATE TABLE observation (
  subject  text COLLATE "C" NOT NULL,
  name     text COLLATE "C" NOT NULL,
  sub_key  text COLLATE "C" NOT NULL,
  at       bigint NOT NULL,
  value    text COLLATE "C" NOT NULL,
  place    text COLLATE "C" NOT NULL,
  actor    text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  authn    text COLLATE "C" NOT NULL,
  PRIMARY KEY (subject, name, sub_key)
);
CREATE INDEX observation_time ON observation (subject, at DESC);
CREATE INDEX observation_place ON observation (place, at) WHERE place <> '';
CREATE INDEX observation_actor ON observation (actor, at) WHERE actor <> '';

-- The outbox: what changed. Entries are read in the order (xid, seq), and only
-- below the oldest transaction that is still open: of two that commit at the same
-- time, the one with the smaller number may be the later one. xid is 0 for what was
-- written in another cluster.
CREATE SEQUENCE entry_seq;
CREATE TABLE entry (
  seq   bigint PRIMARY KEY,
  xid   xid8 NOT NULL DEFAULT pg_current_xact_id(),
  run   bigint NOT NULL,
  kind  text COLLATE "C" NOT NULL, -- opened, planned, changed, forgotten
  at    bigint NOT NULL,
  delta bytea -- ledger.EncodeDelta; NULL where nothing was remembered
);
CREATE INDEX entry_order ON entry (xid, seq);

-- How far each store beside the ledger follows it.
CREATE TABLE sink (
  name        text COLLATE "C" PRIMARY KEY,
  owner       text COLLATE "C" NOT NULL DEFAULT '',
  lease_until bigint NOT NULL DEFAULT 0,
  -- The last entry that was confirmed, and its batch's number.
  at_xid      xid8 NOT NULL DEFAULT '0',
  at_seq      bigint NOT NULL DEFAULT 0,
  confirmed   bigint NOT NULL DEFAULT 0,
  -- The last number that was given away; never goes back.
  number      bigint NOT NULL DEFAULT 0,
  -- The last entry of a batch that is fixed and not confirmed; 0 for none.
  through_xid xid8 NOT NULL DEFAULT '0',
  through_seq bigint NOT NULL DEFAULT 0,
  -- The highest number from before the sink began again, and the entry that ends that; 0 for none.
  rebuild     bigint NOT NULL DEFAULT 0,
  rebuild_xid xid8 NOT NULL DEFAULT '0',
  rebuild_seq bigint NOT NULL DEFAULT 0
);

-- Entries that a store can't take.
CREATE TABLE parked (
  sink     text COLLATE "C" NOT NULL,
  entry    bigint NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  reason   text COLLATE "C" NOT NULL,
  at       bigint NOT NULL,
  PRIMARY KEY (sink, entry)
);

-- What ingress answered, as it tells it a second later: for people, no run rests
-- on it. An event's own deliveries, which count, are in delivery.
CREATE TABLE report (
  seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id      text COLLATE "C" NOT NULL UNIQUE,
  source  text COLLATE "C" NOT NULL,
  code    text COLLATE "C" NOT NULL,
  status  text COLLATE "C" NOT NULL,
  reason  text COLLATE "C" NOT NULL,
  -- Refused or not, and the how-many-eth of its sort: the newest of each stay.
  refused boolean NOT NULL,
  turn    bigint NOT NULL,
  -- switchyard.tools.v1.DeliveryRecord.
  record  bytea NOT NULL
);
CREATE INDEX report_turn ON report (refused, turn);

-- How many deliveries a process of ingress counted and told no more of.
CREATE TABLE dropped (
  reporter text COLLATE "C" NOT NULL,
  source   text COLLATE "C" NOT NULL,
  total    bigint NOT NULL,
  PRIMARY KEY (reporter, source)
);

-- Entries that say what was forgotten, until all that follow the ledger have read them.
CREATE INDEX entry_forgotten ON entry (seq) WHERE kind = 'forgotten' AND delta IS NOT NULL;
