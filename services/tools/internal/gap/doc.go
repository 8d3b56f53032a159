// Package gap collects, while a question is answered, what the answer misses.
package gap
