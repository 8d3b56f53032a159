// Command lexicon builds the agent's lexicon, table.go, from its labelled words,
// words.txt. `make generate` runs it.
package main

import (
	"bytes"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: lexicon WORDS.txt TABLE.go")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run writes the table only where it changed, so that nothing is built anew for it.
func run(words, table string) error {
	in, err := os.ReadFile(words)
	if err != nil {
		return err
	}
	out, err := build(in)
	if err != nil {
		return fmt.Errorf("%s:%w", words, err)
	}
	if was, err := os.ReadFile(table); err == nil && bytes.Equal(was, out) {
		return nil
	}
	return os.WriteFile(table, out, 0o644)
}
