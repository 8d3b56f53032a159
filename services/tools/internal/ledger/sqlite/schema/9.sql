-- Reads of an object that are not begun: a later one is the same as they are. One that
-- is under way may not see what happened since, so that several may be open.
DROP INDEX call_read;
CREATE INDEX call_read ON call (effect_key) WHERE mode = 'act' AND class = 'read' AND state = 'queued' AND look_at = 0;
-- What ran out is looked for every second, however much is open.
CREATE INDEX call_valid ON call (valid_until) WHERE state IN ('queued', 'running');
