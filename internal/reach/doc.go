// Package reach says why a service can't be reached: the setting, the class of
// the trouble and the remedy. It knows no RPCs, so that the executor, which has
// none, doesn't carry them.
package reach
