-- What we set is recognized for a while after it was made, which may be long after it was
-- planned.
DROP INDEX call_target;
CREATE INDEX call_made ON call (target, max(planned_at, not_after)) WHERE target <> '';
