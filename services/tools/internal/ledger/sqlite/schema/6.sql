-- Entries that say what was forgotten, until all that follow the ledger have read them.
CREATE INDEX entry_forgotten ON entry (seq) WHERE kind = 'forgotten' AND delta IS NOT NULL;
