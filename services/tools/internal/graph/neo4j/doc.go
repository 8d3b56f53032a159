// Package neo4j follows the ledger's entities and links into Neo4j, and answers
// questions over them there. driver.go alone knows Neo4j's driver.
package neo4j
