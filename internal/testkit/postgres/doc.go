// Package postgres gives tests databases of their own on a real server.
package postgres
