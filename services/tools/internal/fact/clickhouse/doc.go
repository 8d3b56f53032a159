// Package clickhouse keeps observations and events in ClickHouse: as a store that
// follows the ledger, and to answer questions over facts.
package clickhouse
