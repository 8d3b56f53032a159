// Package bench measures the path from a webhook to its answer: at saturation,
// and open-loop at a fixed rate, with latencies from the time a request was due.
package bench
