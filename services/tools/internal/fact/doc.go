// Package fact answers questions over observations: what happened, to what, by
// whom and when. Stores select rows; every ratio and percentile is computed here.
package fact
