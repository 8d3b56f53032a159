-- Whose requests a call is (jira, jira@eu): those of a provider that is away are
-- passed over.
ALTER TABLE call ADD COLUMN provider TEXT NOT NULL DEFAULT '';
-- The calls of the run, by their ids and separated by commas, whose results it needs.
ALTER TABLE call ADD COLUMN needs TEXT NOT NULL DEFAULT '';
-- The attribute of its target that it sets; '' where it sets none that is remembered.
ALTER TABLE call ADD COLUMN sets TEXT NOT NULL DEFAULT '';
-- What effects are counted and recognized by. '' for what makes no effect outside.
ALTER TABLE call ADD COLUMN target TEXT NOT NULL DEFAULT '';
ALTER TABLE call ADD COLUMN actor TEXT NOT NULL DEFAULT '';
ALTER TABLE call ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE call ADD COLUMN planned_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX call_target ON call (target, planned_at) WHERE target <> '';
CREATE INDEX call_actor ON call (actor, planned_at) WHERE actor <> '';
CREATE INDEX call_place ON call (place, planned_at) WHERE place <> '';

-- Our accounts at providers, as executors told them, and until when each wants no
-- more requests. name is '' where nobody told it.
CREATE TABLE account (
  provider      TEXT NOT NULL,
  name          TEXT NOT NULL,
  seen_at       INTEGER NOT NULL,
  blocked_until INTEGER NOT NULL,
  PRIMARY KEY (provider, name)
) WITHOUT ROWID;

-- When the next request to a provider that allows so many a second may be sent.
CREATE TABLE pace (
  provider TEXT PRIMARY KEY,
  slot     INTEGER NOT NULL
) WITHOUT ROWID;
