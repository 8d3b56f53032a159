package tools

import (
	"fmt"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
)

// Config holds the service's settings. A token may be several, separated by
// commas, in a file also one on each line: each is accepted, and the first is
// shown. Files of them are read again when they change, and what left a file
// stays good for 30 s.
type Config struct {
	Listen           string    `name:"listen" env:"TOOLS_LISTEN" default:"127.0.0.1:8002" help:"Address to serve on; beyond loopback only with a token."`
	DatabaseURL      string    `name:"database-url" env:"DATABASE_URL" default:"sqlite:.switchyard/switchyard.db" help:"Where the ledger is: sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE."`
	DatabaseMigrate  bool      `name:"database-migrate" env:"DATABASE_MIGRATE" default:"true" negatable:"" help:"Bring the schema of a PostgreSQL ledger up to date at the first connection; without it an older one is refused."`
	RetainBodies     Retention `name:"retain-bodies" env:"RETAIN_BODIES" default:"30d" help:"How long raw bodies are kept, such as 12h, 30d or 52w; 0 for ever."`
	SealKey          string    `name:"seal-key" env:"SEAL_KEY" help:"Key that ingress seals events with; several, separated by commas, during a rotation."`
	ExecutorEndpoint string    `name:"executor-endpoint" env:"EXECUTOR_ENDPOINT" help:"Base URL of a local executor; without it the executor is an AWS Lambda function."`
	ExecutorFunction string    `name:"executor-function" env:"EXECUTOR_FUNCTION" help:"Name or ARN of the executor's Lambda function, with its alias."`
	PolicyFile       string    `name:"policy-file" env:"POLICY_FILE" help:"Policy in YAML; without it nothing is paired and no text chooses a target."`
	MaxInFlight      int       `name:"max-in-flight" env:"TOOLS_MAX_IN_FLIGHT" default:"512" help:"Calls at a time; more are shed with 503."`
	LogLevel         string    `name:"log-level" env:"LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
	ClickHouseURL    string    `name:"clickhouse-url" env:"CLICKHOUSE_URL" help:"ClickHouse that follows the ledger and answers questions about what happened: clickhouse://USER:PASSWORD@HOST:9000/DATABASE, or http://HOST:8123/DATABASE; without it the ledger answers."`
	Neo4jURI         string    `name:"neo4j-uri" env:"NEO4J_URI" help:"Neo4j that follows the ledger and answers questions about what is linked: neo4j://HOST:7687, bolt://HOST:7687; without it the ledger answers."`
	Neo4jUser        string    `name:"neo4j-user" env:"NEO4J_USER" help:"User of Neo4j; neo4j where only a password is set."`
	Neo4jPassword    string    `name:"neo4j-password" env:"NEO4J_PASSWORD" help:"Password of Neo4j."`

	AgentToken    config.Setting `name:"agent-token" env:"AGENT_TOKEN" placeholder:"TOKEN" help:"Token of the agent: may open and execute runs."`
	ToolsToken    config.Setting `name:"tools-token" env:"TOOLS_TOKEN" placeholder:"TOKEN" help:"Token that the executor is shown."`
	ReaderToken   config.Setting `name:"reader-token" env:"READER_TOKEN" placeholder:"TOKEN" help:"Token of who only looks."`
	OperatorToken config.Setting `name:"operator-token" env:"OPERATOR_TOKEN" placeholder:"TOKEN" help:"Token of who looks after the memory."`
	ServiceToken  config.Setting `name:"service-token" env:"SERVICE_TOKEN" placeholder:"TOKEN" help:"Token that stands for each of the others."`
	// The services among themselves speak TLS where these are set.
	TLSCertFile string `name:"service-tls-cert-file" env:"SERVICE_TLS_CERT_FILE" help:"Certificate chain in PEM, read again when it changes: this service then speaks TLS."`
	TLSKeyFile  string `name:"service-tls-key-file" env:"SERVICE_TLS_KEY_FILE" help:"Private key of the certificate, in PEM."`
	CAFile      string `name:"service-ca-file" env:"SERVICE_CA_FILE" help:"Certificates in PEM that those of https URLs of services are verified against, and nothing else; without it the system's."`

	// What questions are answered by: docs/dora.md.
	ProductionEnvironments string        `name:"production-environments" env:"PRODUCTION_ENVIRONMENTS" default:"production,prod,live" help:"Environments of deployments that count as production, separated by commas."`
	IncidentTypes          string        `name:"incident-types" env:"INCIDENT_TYPES" default:"Incident" help:"Jira's issue types that are incidents, separated by commas."`
	IncidentLabels         string        `name:"incident-labels" env:"INCIDENT_LABELS" default:"incident" help:"Labels that make an issue of GitHub or Jira an incident, separated by commas."`
	IncidentWindow         time.Duration `name:"incident-window" env:"INCIDENT_WINDOW" default:"24h" help:"How long after a production deployment an incident that nothing links with a cause is charged to it."`

	// Policy is used instead of PolicyFile where that is empty; for a program that embeds the service.
	Policy []byte `kong:"-"`
	// LedgerGroup is the most operations in one commit; 0 means the store's own. For measuring what groups bring.
	LedgerGroup int `kong:"-"`
	// QuestionRows is the most rows that a question is answered from; 0 means 100,000.
	QuestionRows int `kong:"-"`
	// LedgerClock dates what the ledger writes instead of PostgreSQL's own clock, which
	// all processes share; for tests that fix the time.
	LedgerClock func() time.Time `kong:"-"`
}

// Postgres tells whether DATABASE_URL names a PostgreSQL database.
func (c Config) Postgres() bool {
	scheme, _, ok := strings.Cut(c.DatabaseURL, "://")
	return ok && (scheme == "postgres" || scheme == "postgresql")
}

// LedgerFile is the path of the file that the ledger is in; an error if
// DATABASE_URL names another kind of store.
func (c Config) LedgerFile() (string, error) {
	path, ok := strings.CutPrefix(c.DatabaseURL, "sqlite:")
	if !ok || path == "" {
		scheme, _, _ := strings.Cut(c.DatabaseURL, ":")
		return "", fmt.Errorf("DATABASE_URL begins with %q: the ledger is in SQLite or PostgreSQL, so set sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE", scheme+":")
	}
	return strings.TrimPrefix(path, "//"), nil
}

// Address is where the service listens.
func (c *Config) Address() string { return c.Listen }

// Level is the least level that is logged.
func (c *Config) Level() string { return c.LogLevel }
