-- Where an observation was made, by whom, and how its event proved itself: what
-- happened in a repository, or what a person did, is asked by these.
ALTER TABLE observation ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE observation ADD COLUMN actor TEXT NOT NULL DEFAULT '';
ALTER TABLE observation ADD COLUMN authn TEXT NOT NULL DEFAULT 'signature';
CREATE INDEX observation_place ON observation (place, at) WHERE place <> '';
CREATE INDEX observation_actor ON observation (actor, at) WHERE actor <> '';
