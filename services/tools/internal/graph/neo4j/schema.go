package neo4j

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// schemaVersion is the last file in schema/: each brings a store from the
// version before to its own. All of their statements may run again, so that one
// that was stopped half-way is made whole by the next Prepare.
const schemaVersion = 1

//go:embed schema/*.cypher
var schema embed.FS

// Prepare implements sink.Target.
func (s *Store) Prepare(ctx context.Context) (sink.Mark, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	found, err := s.server.read(ctx, selectMark, nil)
	if err != nil {
		return sink.Mark{}, err
	}
	version := number(found[0], "schema")
	switch {
	case version > schemaVersion:
		return sink.Mark{}, fmt.Errorf("%s: %s has schema version %d and this program knows versions up to %d: a newer program wrote it, start that one",
			settingURI, s.server.place.Host, version, schemaVersion)
	case version == 0 && yes(found[0], "entities"):
		return sink.Mark{}, fmt.Errorf("%s: %s holds another program's nodes of the label Entity: name a database of Switchyard's own", settingURI, s.server.place.Host)
	}
	if version < schemaVersion {
		if err := s.migrate(ctx, version); err != nil {
			return sink.Mark{}, err
		}
	}
	return sink.Mark{Ledger: word(found[0], "ledger"), Number: uint64(number(found[0], "number"))}, nil
}

// migrate brings the schema from a version to ours. Others may do so at the same time.
func (s *Store) migrate(ctx context.Context, version int64) error {
	for v := version + 1; v <= schemaVersion; v++ {
		step, err := schema.ReadFile(fmt.Sprintf("schema/%d.cypher", v))
		if err != nil {
			return fmt.Errorf("neo4j: schema: %w", err)
		}
		for _, statement := range statements(string(step)) {
			if err := s.server.alter(ctx, statement); err != nil {
				return fmt.Errorf("neo4j: schema version %d: %w", v, err)
			}
		}
	}
	return s.server.write(ctx, func(t *transaction) error {
		_, err := t.run(mergeSchema, record{"version": schemaVersion})
		return err
	})
}

// statements splits a file at the semicolons that end lines.
func statements(file string) (list []string) {
	for statement := range strings.SplitSeq(file, ";\n") {
		if statement = strings.TrimSpace(statement); statement != "" {
			list = append(list, statement)
		}
	}
	return list
}
