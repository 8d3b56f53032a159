package clickhouse

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	rows "github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

var errToken = errors.New("clickhouse: no token of Scan's")

// Scan implements sink.Target, in the order of the keys. Tables that the store
// doesn't keep have no rows.
func (s *Store) Scan(ctx context.Context, t ledger.Table, after string, limit int) (ledger.Rows, string, error) {
	key, err := decodeToken(t, after)
	if err != nil {
		return ledger.Rows{}, "", err
	}
	var r ledger.Rows
	var last []string
	switch t {
	case ledger.Events:
		r.Events, err = s.scanEvents(ctx, key[0], limit)
		if n := len(r.Events); n == limit {
			last = []string{r.Events[n-1].ID}
		}
	case ledger.Observations:
		r.Observations, err = s.scanObservations(ctx, key, limit)
		if n := len(r.Observations); n == limit {
			last = []string{r.Observations[n-1].Subject, r.Observations[n-1].Name, r.Observations[n-1].SubKey}
		}
	}
	return r, encodeToken(last), err
}

func (s *Store) scanEvents(ctx context.Context, after string, limit int) ([]ledger.EventRow, error) {
	return query(ctx, s.pool, func(r rows.Rows) (e ledger.EventRow, err error) {
		var head string
		if err = r.Scan(&e.ID, &head, &e.Authn); err != nil {
			return e, err
		}
		e.Head, err = decodeHead(head)
		return e, err
	}, `SELECT id, head, authn FROM event FINAL WHERE id > {after:String} ORDER BY id LIMIT {limit:UInt64}`,
		driver.Named("after", after), driver.Named("limit", limit))
}

func (s *Store) scanObservations(ctx context.Context, after []string, limit int) ([]fact.Observed, error) {
	// The first condition follows from the second, and is the one that the key's index serves.
	return query(ctx, s.pool, scanObserved, `SELECT `+observed+` FROM observation FINAL
		WHERE subject >= {subject:String} AND (subject, name, sub_key) > ({subject:String}, {name:String}, {sub_key:String})
		ORDER BY subject, name, sub_key LIMIT {limit:UInt64}`,
		driver.Named("subject", after[0]), driver.Named("name", after[1]), driver.Named("sub_key", after[2]), driver.Named("limit", limit))
}

// encodeToken keeps whatever bytes keys have.
func encodeToken(key []string) string {
	if len(key) == 0 {
		return ""
	}
	var b []byte
	for _, part := range key {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeToken(t ledger.Table, token string) ([]string, error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errToken, err)
	}
	key := make([]string, 1)
	if t == ledger.Observations {
		key = make([]string, 3)
	}
	if token == "" {
		return key, nil
	}
	for i := range key {
		n, read := binary.Uvarint(b)
		if read <= 0 || n > uint64(len(b)-read) {
			return nil, errToken
		}
		b = b[read:]
		key[i], b = string(b[:n]), b[n:]
	}
	if len(b) > 0 {
		return nil, errToken
	}
	return key, nil
}
