// An entity, or a placeholder for one that so far only links name, is one node.
CREATE CONSTRAINT switchyard_entity IF NOT EXISTS FOR (n:Entity) REQUIRE n.ref IS UNIQUE;

// A link's key is a digest of (from, stood, to, kind, authn): they together are longer than an index takes.
CREATE CONSTRAINT switchyard_link IF NOT EXISTS FOR ()-[l:LINKS]-() REQUIRE l._key IS UNIQUE;

// A row that was removed: a late write of a lower number must not bring it back.
CREATE CONSTRAINT switchyard_tombstone IF NOT EXISTS FOR (n:Tombstone) REQUIRE n.key IS UNIQUE;

// The one node that says how far the store is and which schema it has.
CREATE CONSTRAINT switchyard_mark IF NOT EXISTS FOR (n:Switchyard) REQUIRE n.name IS UNIQUE;
