// Command bench measures the path from a webhook to its answer: at saturation,
// and open-loop at a fixed rate, with latencies from the time a request was due.
// Services and load run in one process, over loopback sockets.
package main
