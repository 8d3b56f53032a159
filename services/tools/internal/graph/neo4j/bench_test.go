package neo4j_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// BenchmarkWrite writes a batch of 1,000 changes and 1,000 links, half of them to
// one issue: new ones, and ones that are there already.
func BenchmarkWrite(b *testing.B) {
	s := open(b)
	learn(b, s)
	empty(b, s)
	var number uint64
	write := func(b *testing.B, first int) {
		all := rows(first, 1000)
		var links []int
		for i := range all.Links {
			if i%4 == 0 || i%4 == 3 {
				links = append(links, i)
			}
		}
		batch := ledger.Rows{Entities: all.Entities}
		for _, i := range links {
			batch.Links = append(batch.Links, all.Links[i])
		}
		number++
		if err := s.Write(patient(b), sink.Writing{Mark: sink.Mark{Ledger: "a", Number: number}, Rows: batch}); err != nil {
			b.Fatal(err)
		}
	}
	for i := range 10 { // The server's compiler warms up.
		write(b, i*1000)
	}
	next := 10_000
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			write(b, next)
			next += 1000
		}
	})
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			write(b, 0)
		}
	})
}
