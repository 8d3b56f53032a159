// Package providertest serves the fake providers to tests, with every request
// checked against the providers' own descriptions where these are at hand.
package providertest
