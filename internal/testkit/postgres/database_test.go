package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/internal/testkit/postgres"
)

func TestDatabasesAreApart(t *testing.T) {
	for _, database := range []string{postgres.Database(t), postgres.Database(t), postgres.Schema(t), postgres.Schema(t)} {
		conn, err := pgx.Connect(t.Context(), database)
		if err != nil {
			t.Fatal(err)
		}
		// It fails where it is there already.
		if _, err := conn.Exec(t.Context(), "CREATE TABLE mine (n int)"); err != nil {
			t.Errorf("%s: %v", database, err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
