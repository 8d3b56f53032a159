// Package tools is the service that owns what Switchyard keeps and does: the
// ledger of runs, the memory, the tool registry, policy, and the invocation of
// the executor. Nothing else opens a sealed event or makes an effect.
package tools
