// Package address says whose a request is: the address behind the proxies that
// are trusted, and whether it is on a list.
package address
