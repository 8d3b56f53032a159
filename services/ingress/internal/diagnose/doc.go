// Package diagnose says what is likely wrong with a request whose signature was
// refused. What it says names settings and never their values. It is for those
// who run Switchyard: whoever was refused is told nothing of it.
package diagnose
