package keyring

// A holder is a container, and the folder with what it may know.
const (
	agent      = "agent"
	executor   = "executor"
	ingress    = "ingress"
	tools      = "tools"
	postgres   = "postgres"
	clickhouse = "clickhouse"
	neo4j      = "neo4j"
)

// key is one secret, in a file of its name in the folder of each holder.
type key struct {
	name    string
	holders []string
	// prefix stands before the made part, where a holder wants more than that.
	prefix string
}

// keys are all secrets. A new one is a line here, and one where docker-compose.yml
// gives its file to a service.
func keys() []key {
	return []key{
		{name: "GITHUB_WEBHOOK_SECRET", holders: []string{ingress}},
		{name: "JIRA_WEBHOOK_SECRET", holders: []string{ingress}},
		{name: "NOTION_WEBHOOK_SECRET", holders: []string{ingress}},
		{name: "SEAL_KEY", holders: []string{ingress, tools}},
		// Each is shown by the one and taken by the other (docs/security.md); the last
		// two are people's.
		{name: "INGRESS_TOKEN", holders: []string{ingress, agent}},
		{name: "AGENT_TOKEN", holders: []string{agent, tools}},
		{name: "TOOLS_TOKEN", holders: []string{tools, executor}},
		{name: "READER_TOKEN", holders: []string{agent, tools}},
		{name: "OPERATOR_TOKEN", holders: []string{agent, tools}},
		{name: "POSTGRES_PASSWORD", holders: []string{postgres}},
		{name: "CLICKHOUSE_PASSWORD", holders: []string{clickhouse}},
		// As the image of Neo4j reads it: user/password. A letter comes first,
		// because it hands the password to a program that takes "-" for a flag.
		{name: "NEO4J_AUTH", holders: []string{neo4j}, prefix: "neo4j/n"},
	}
}

// address is the setting of a holder that says where a store is, with the
// password that was made for the store.
type address struct {
	name     string
	holder   string
	password string // the key's name
}

func addresses() []address {
	return []address{
		{name: "DATABASE_URL", holder: tools, password: "POSTGRES_PASSWORD"},
		{name: "CLICKHOUSE_URL", holder: tools, password: "CLICKHOUSE_PASSWORD"},
		{name: "NEO4J_URI", holder: tools, password: "NEO4J_AUTH"},
	}
}

// modes are those of a holder's folder and of its files. The stores' images run
// as users of their own, each of whom sees no other folder than its own.
func modes(holder string) (folder, file uint32) {
	switch holder {
	case postgres, clickhouse, neo4j:
		return 0o755, 0o444
	}
	return 0o700, 0o400
}
