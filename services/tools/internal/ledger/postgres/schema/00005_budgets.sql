-- +goose Up

-- Budgets are counted where calls are let through: of what counts, and not of all that
-- was ever refused.
DROP INDEX call_actor;
DROP INDEX call_place;
CREATE INDEX call_spent_actor ON call (actor, planned_at)
  WHERE actor <> '' AND mode = 'act' AND class IN ('create', 'set', 'upsert') AND state IN ('queued', 'running', 'done', 'unknown', 'failed');
CREATE INDEX call_spent_place ON call (place, planned_at)
  WHERE place <> '' AND mode = 'act' AND class IN ('create', 'set', 'upsert') AND state IN ('queued', 'running', 'done', 'unknown', 'failed');
