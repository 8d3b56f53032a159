package keyring

import (
	"errors"
	"net/url"
)

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

// taken is the folder with the digests of what was taken from the environment.
const taken = "taken"

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
		// A letter comes first, because the image of Neo4j hands the password to a
		// program that takes "-" for a flag.
		{name: "NEO4J_PASSWORD", holders: []string{neo4j, tools}, prefix: "n"},
	}
}

// derived is a file that has a key in another form. It is no secret of its own,
// and written anew each time.
type derived struct {
	name   string
	holder string
	key    string // its name
	// form returns the content. given is the setting of the derived one's name; where
	// that is "" and the form needs it, there is no content.
	form func(given, key string) (string, error)
}

func forms() []derived {
	return []derived{
		{name: "DATABASE_URL", holder: tools, key: "POSTGRES_PASSWORD", form: address},
		{name: "CLICKHOUSE_URL", holder: tools, key: "CLICKHOUSE_PASSWORD", form: address},
		{name: "NEO4J_AUTH", holder: neo4j, key: "NEO4J_PASSWORD", form: func(_, key string) (string, error) { return "neo4j/" + key, nil }},
	}
}

// address puts a password into the URL of a store that names a user and none.
func address(given, password string) (string, error) {
	if given == "" {
		return "", nil
	}
	u, err := url.Parse(given)
	if err != nil {
		// Its text has the value, which may have a password.
		return "", errors.New("it is no URL: want one such as postgres://user@host:5432/database")
	}
	if _, has := u.User.Password(); u.User != nil && !has {
		u.User = url.UserPassword(u.User.Username(), password)
	}
	return u.String(), nil
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
