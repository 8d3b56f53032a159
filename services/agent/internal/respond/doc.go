// Package respond renders what is known of a run, for whoever asks. It is
// pure: the same run gives the same answer, and no answer is ever stored.
package respond
