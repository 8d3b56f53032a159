-- +goose Up

-- One open read of an object: a later one is the same.
CREATE UNIQUE INDEX call_read ON call (effect_key) WHERE mode = 'act' AND class = 'read' AND state IN ('queued', 'running');
-- Effects are recognized by their markers.
CREATE INDEX call_key ON call (effect_key) WHERE target <> '';
