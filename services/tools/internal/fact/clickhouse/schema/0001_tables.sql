-- +goose NO TRANSACTION
-- +goose Up

-- Rows are the ledger's, as it had them when batch `number` was read. Of several with
-- one key the highest number counts; `gone` is one that the ledger has no more. FINAL,
-- and the views at the end, show what counts; a plain SELECT may show a row twice.
-- *_us are the ledger's microseconds since 1970, exact whatever year a body claims; 0
-- is none. The readable columns beside them end where DateTime64 does, in 1900 and 2299.

CREATE TABLE IF NOT EXISTS observation (
  at        DateTime64(6, 'UTC') DEFAULT fromUnixTimestamp64Micro(least(greatest(at_us, toInt64(-2208988800000000)), toInt64(10413791999999999)), 'UTC'),
  subject   String,
  name      LowCardinality(String),
  sub_key   String,
  value     String,
  place     LowCardinality(String),
  actor     String,
  event_id  String,
  authn     LowCardinality(String),
  at_us     Int64,
  number    UInt64,
  gone      UInt8,
  -- What is asked by other than the key. With FINAL the server reads what they leave
  -- and whatever else has the same keys (use_skip_indexes_if_final_exact_mode).
  INDEX observation_at at_us TYPE minmax GRANULARITY 1,
  INDEX observation_place place TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX observation_actor actor TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX observation_number number TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(number, gone) ORDER BY (subject, name, sub_key)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS event (
  occurred_at        DateTime64(6, 'UTC'),
  received_at        DateTime64(6, 'UTC'),
  id                 String,
  source             LowCardinality(String),
  instance           LowCardinality(String),
  kind               LowCardinality(String),
  type               LowCardinality(String),
  action             LowCardinality(String),
  ref                String,
  place              LowCardinality(String),
  visibility         LowCardinality(String),
  actor_id           String,
  actor_login        String,
  actor_type         LowCardinality(String),
  actor_association  LowCardinality(String),
  authn              LowCardinality(String),
  -- switchyard.tools.v1.EventHead: all of the above exactly, for `memory check`.
  head               String,
  number             UInt64,
  gone               UInt8,
  INDEX event_occurred occurred_at TYPE minmax GRANULARITY 1,
  INDEX event_number number TYPE minmax GRANULARITY 1
) ENGINE = ReplacingMergeTree(number, gone) ORDER BY id
SETTINGS non_replicated_deduplication_window = 1000;

-- How far the store is, as it knows itself: written after a batch's rows.
CREATE TABLE IF NOT EXISTS mark (
  ledger  String,
  number  UInt64,
  at      DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
) ENGINE = ReplacingMergeTree(number) ORDER BY ledger;

CREATE VIEW IF NOT EXISTS observations AS
SELECT at, subject, name, sub_key, value, place, actor, event_id, authn FROM observation FINAL;

CREATE VIEW IF NOT EXISTS events AS
SELECT occurred_at, received_at, id, source, instance, kind, type, action, ref, place, visibility,
  actor_id, actor_login, actor_type, actor_association, authn FROM event FINAL;
