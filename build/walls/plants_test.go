package walls

const module = "github.com/switchyard-dev/switchyard/"

// plant is one file of the small workspace.
type plant struct {
	file    string   // path below the root; its package is named after its folder
	imports []string // imported for nothing but the import
	body    string
	rule    string // what the finding says: a depguard list, or a forbidden word; "" demands a green file
	linter  string // depguard when empty
}

// violations are the walls of docs/decisions/0005, one breach each, and for
// folder rules one in the folder itself and one deeper.
var violations = []plant{
	{file: "gen/switchyard/a/a.go", imports: []string{"github.com/google/uuid"}, rule: "gen"},
	{file: "gen/switchyard/b/b.go", imports: []string{module + "internal/fault"}, rule: "gen"},
	{file: "internal/low/a.go", imports: []string{module + "services/ingress"}, rule: "internal"},
	{file: "internal/low/b.go", imports: []string{module + "cmd/switchyard/lib"}, rule: "internal"},

	{file: "services/agent/agent.go", imports: []string{module + "services/ingress"}, rule: "agent"},
	{file: "services/agent/internal/far/a.go", imports: []string{module + "services/tools"}, rule: "agent"},
	{file: "services/agent/internal/far/b.go", imports: []string{module + "services/executor"}, rule: "agent"},
	{file: "services/agent/internal/far/c.go", imports: []string{module + "cmd/switchyard/lib"}, rule: "agent"},
	{file: "services/agent/internal/far/d.go", imports: []string{"database/sql"}, rule: "agent"},
	{file: "services/agent/internal/far/d_test.go", imports: []string{module + "services/tools"}, rule: "agent"},
	{file: "services/ingress/internal/far/a.go", imports: []string{module + "services/agent"}, rule: "ingress"},
	{file: "services/ingress/internal/far/b.go", imports: []string{module + "services/tools"}, rule: "ingress"},
	{file: "services/ingress/internal/far/c.go", imports: []string{module + "services/executor"}, rule: "ingress"},
	{file: "services/ingress/internal/far/d.go", imports: []string{module + "cmd/switchyard/lib"}, rule: "ingress"},
	{file: "services/ingress/internal/far/e.go", imports: []string{"database/sql"}, rule: "ingress"},
	{file: "services/tools/internal/far/a.go", imports: []string{module + "services/agent"}, rule: "tools"},
	{file: "services/tools/internal/far/b.go", imports: []string{module + "services/ingress"}, rule: "tools"},
	{file: "services/tools/internal/far/c.go", imports: []string{module + "services/executor"}, rule: "tools"},
	{file: "services/tools/internal/far/d.go", imports: []string{module + "cmd/switchyard/lib"}, rule: "tools"},
	{file: "services/executor/internal/far/a.go", imports: []string{module + "services/agent"}, rule: "executor"},
	{file: "services/executor/internal/far/b.go", imports: []string{module + "services/ingress"}, rule: "executor"},
	{file: "services/executor/internal/far/c.go", imports: []string{module + "services/tools"}, rule: "executor"},
	{file: "services/executor/internal/far/d.go", imports: []string{module + "cmd/switchyard/lib"}, rule: "executor"},
	{file: "services/executor/internal/far/e.go", imports: []string{"database/sql"}, rule: "executor"},

	{file: "services/agent/internal/classify/a.go", imports: []string{"net/http"}, rule: "pure-io"},
	{file: "services/agent/internal/classify/b.go", imports: []string{"go.yaml.in/yaml/v3"}, rule: "pure"},
	{file: "services/agent/internal/respond/a.go", imports: []string{"database/sql"}, rule: "pure-io"},
	{file: "services/agent/internal/respond/b.go", imports: []string{"github.com/google/uuid"}, rule: "pure"},
	{file: "services/agent/internal/rule/a.go", imports: []string{"connectrpc.com/connect"}, rule: "pure-io"},
	{file: "services/agent/internal/rule/b.go", imports: []string{module + "internal/fault"}, rule: "pure-yaml"},
	{file: "internal/finding/a.go", imports: []string{"os"}, rule: "pure-io"},
	{file: "internal/near/a.go", imports: []string{"net/http"}, rule: "pure-io"},
	{file: "services/agent/internal/rule/deep/a.go", imports: []string{"os/exec"}, rule: "pure-io"},
	{file: "services/tools/internal/policy/a.go", imports: []string{"os"}, rule: "pure-io"},
	{file: "services/tools/internal/policy/b.go", imports: []string{"github.com/google/uuid"}, rule: "pure-yaml"},
	{file: "services/tools/internal/policy/c.go", imports: []string{module + "gen/switchyard/tools/v1/toolsv1connect"}, rule: "pure-io"},
	{file: "services/tools/internal/project/a.go", imports: []string{"net/http/httptrace"}, rule: "pure-io"},
	{file: "services/tools/internal/project/b.go", imports: []string{"go.yaml.in/yaml/v3"}, rule: "pure"},

	{file: "services/tools/internal/ledger/a.go", imports: []string{"modernc.org/sqlite"}, rule: "sqlite"},
	{file: "cmd/switchyard/internal/proof/a.go", imports: []string{"modernc.org/sqlite"}, rule: "sqlite"},
	{file: "services/tools/internal/ledger/b.go", imports: []string{"github.com/jackc/pgx/v5"}, rule: "postgres"},
	{file: "services/tools/internal/ledger/sqlite/a.go", imports: []string{"github.com/exaring/otelpgx"}, rule: "postgres"},
	{file: "services/tools/internal/fact/a.go", imports: []string{"github.com/ClickHouse/clickhouse-go/v2"}, rule: "clickhouse"},
	{file: "services/tools/internal/graph/a.go", imports: []string{"github.com/neo4j/neo4j-go-driver/v5/neo4j"}, rule: "neo4j"},
	{file: "services/tools/internal/call/a.go", imports: []string{"github.com/aws/aws-sdk-go-v2/service/lambda"}, rule: "lambda"},
	{file: "services/executor/internal/action/a.go", imports: []string{"github.com/google/go-github/v88/github"}, rule: "github"},
	{file: "services/executor/internal/action/github/a.go", imports: []string{"github.com/slack-go/slack"}, rule: "slack"},
	{file: "services/agent/internal/model/a.go", imports: []string{"github.com/openai/openai-go/v3"}, rule: "openai"},

	{file: "internal/ship/a.go", imports: []string{"testing"}, rule: "shipped"},
	{file: "internal/ship/b.go", imports: []string{"net/http/httptest"}, rule: "shipped"},
	{file: "internal/ship/c.go", imports: []string{module + "internal/testkit"}, rule: "shipped"},
	{file: "services/tools/internal/ledger/c.go", imports: []string{module + "services/tools/internal/ledger/ledgertest"}, rule: "shipped"},
	{file: "internal/ship/d.go", imports: []string{module + "internal/testkit/provider"}, rule: "shipped"},
	{file: "internal/ship/e.go", imports: []string{"github.com/getkin/kin-openapi/openapi3"}, rule: "shipped"},
	{file: "cmd/switchyard/internal/command/a.go", imports: []string{module + "internal/testkit/provider"}, rule: "shipped"},
	{file: "cmd/switchyard/internal/dev/b.go", imports: []string{module + "internal/testkit"}, rule: "shipped-dev"},
	{file: "cmd/switchyard/internal/dev/c.go", imports: []string{module + "internal/testkit/provider/providertest"}, rule: "shipped-dev"},
	{file: "cmd/switchyard/internal/dev/d.go", imports: []string{"testing"}, rule: "shipped-dev"},
	{file: "internal/testkit/provider/a.go", imports: []string{"testing"}, rule: "provider"},
	{file: "internal/testkit/provider/b.go", imports: []string{"net/http/httptest"}, rule: "provider"},
	{file: "internal/testkit/provider/c.go", imports: []string{"github.com/getkin/kin-openapi/openapi3"}, rule: "provider"},
	{file: "internal/testkit/provider/d.go", imports: []string{module + "internal/testkit"}, rule: "provider"},

	{file: "internal/words/a.go", imports: []string{"os"}, body: `var _ = os.Getenv("A")`, rule: "os.Getenv", linter: "forbidigo"},
	{file: "internal/words/b.go", imports: []string{"time"}, body: `var _ = time.Now()`, rule: "time.Now", linter: "forbidigo"},
	{file: "internal/words/c.go", imports: []string{"fmt"}, body: `func c() { fmt.Println() }`, rule: "fmt.Println", linter: "forbidigo"},
	{file: "internal/words/j.go", body: `func j() { println() }`, rule: "println", linter: "forbidigo"},
	{file: "internal/words/d.go", imports: []string{"net/http"}, body: `var _ = http.DefaultClient`, rule: "http.DefaultClient", linter: "forbidigo"},
	{file: "internal/words/h.go", imports: []string{"math/rand/v2"}, body: `var _ = rand.Int()`, rule: "rand.Int", linter: "forbidigo"},
	{file: "internal/words/e.go", body: `func init() {}`, rule: "init", linter: "gochecknoinits"},
	{file: "internal/words/i.go", body: `var last = map[string]int{}`, rule: "last is a global variable", linter: "gochecknoglobals"},
	{file: "internal/words/f_test.go", imports: []string{"time"}, body: `func f() { time.Sleep(1) }`, rule: "time.Sleep", linter: "forbidigo"},
	{file: "internal/words/g.go", imports: []string{"log/slog"}, body: `func g() { slog.Info("g") }`, rule: "default logger", linter: "sloglint"},
	{file: "cmd/switchyard/internal/dev/a.go", imports: []string{"os"}, body: `var _ = os.Getenv("A")`, rule: "os.Getenv", linter: "forbidigo"},
}

// allowed is what stands on the right side of each wall.
var allowed = []plant{
	{file: "gen/switchyard/ok/ok.go", imports: []string{"fmt", "connectrpc.com/connect", "google.golang.org/protobuf/proto", "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"}},
	{file: "internal/ok/ok.go", imports: []string{"connectrpc.com/connect", "net/http", module + "gen/switchyard/ok"}},
	{file: "services/tools/internal/ok/ok.go", imports: []string{"database/sql", module + "gen/switchyard/ok", module + "internal/fault", module + "services/tools"}},
	{file: "services/agent/internal/classify/ok.go", imports: []string{"strings", "net/url", "cel.dev/cel-go/cel", "google.golang.org/protobuf/proto", module + "gen/switchyard/ok", module + "services/agent/internal/rule"}},
	{file: "services/agent/internal/classify/ok_test.go", imports: []string{"os", "testing", "net/http"}},
	{file: "services/agent/internal/rule/ok.go", imports: []string{"go.yaml.in/yaml/v3", module + "internal/finding", module + "internal/near"}},
	{file: "services/tools/internal/policy/ok.go", imports: []string{"go.yaml.in/yaml/v3", module + "services/tools/internal/project"}},
	{file: "services/tools/internal/ledger/sqlite/ok.go", imports: []string{"modernc.org/sqlite"}},
	{file: "cmd/switchyard/internal/proof/ok_test.go", imports: []string{"modernc.org/sqlite"}},
	{file: "services/tools/internal/ledger/postgres/ok.go", imports: []string{"github.com/jackc/pgx/v5"}},
	{file: "services/tools/internal/fact/clickhouse/ok.go", imports: []string{"github.com/ClickHouse/clickhouse-go/v2"}},
	{file: "services/tools/internal/graph/neo4j/ok.go", imports: []string{"github.com/neo4j/neo4j-go-driver/v5/neo4j"}},
	{file: "services/tools/internal/call/lambda/ok.go", imports: []string{"github.com/aws/aws-sdk-go-v2/service/lambda"}},
	{file: "services/executor/internal/action/github/ok.go", imports: []string{"github.com/google/go-github/v88/github"}},
	{file: "services/executor/internal/action/slack/ok.go", imports: []string{"github.com/slack-go/slack"}},
	{file: "services/agent/internal/model/openai/ok.go", imports: []string{"github.com/openai/openai-go/v3"}},
	{file: "services/tools/internal/ledger/ledgertest/ok.go", imports: []string{"testing", "github.com/google/go-cmp/cmp"}},
	{file: "internal/testkit/ok.go", imports: []string{"os", "testing", "net/http/httptest"}, body: `var _ = os.Getenv("A")`},
	{file: "internal/testkit/provider/ok.go", imports: []string{"net/http", "crypto/rsa"}},
	{file: "internal/testkit/provider/providertest/ok.go", imports: []string{"testing", "net/http/httptest", "github.com/getkin/kin-openapi/openapi3", module + "internal/testkit/provider"}},
	{file: "cmd/switchyard/internal/dev/ok.go", imports: []string{module + "internal/testkit/provider"}},
	{file: "cmd/switchyard/internal/dev/ok_test.go", imports: []string{"testing", module + "internal/testkit"}},
	{file: "internal/config/ok.go", imports: []string{"os"}, body: `var _ = os.Getenv("A")`},
	{file: "internal/words/ok_test.go", imports: []string{"time"}, body: `var _ = time.Now()`},
	{file: "services/agent/cmd/agent/main.go", imports: []string{"os", "time", module + "services/agent"}, body: "var _ = time.Now\n\nfunc main() { os.Exit(len(os.Getenv(\"A\"))) }"},
	{file: "cmd/switchyard/lib/ok.go", imports: []string{module + "services/tools"}},
}

// stubs are empty packages that the plants import.
var stubs = []string{
	module + "gen/switchyard/tools/v1/toolsv1connect",
	module + "internal/fault",
	module + "services/ingress",
	module + "services/tools",
	module + "services/executor",
}

// thirdParty are modules of the small workspace under the names of real ones,
// so that nothing is downloaded.
var thirdParty = []string{
	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
	"cel.dev/cel-go/cel",
	"connectrpc.com/connect",
	"github.com/aws/aws-sdk-go-v2/service/lambda",
	"github.com/ClickHouse/clickhouse-go/v2",
	"github.com/exaring/otelpgx",
	"github.com/getkin/kin-openapi/openapi3",
	"github.com/google/go-cmp/cmp",
	"github.com/google/go-github/v88/github",
	"github.com/google/uuid",
	"github.com/jackc/pgx/v5",
	"github.com/neo4j/neo4j-go-driver/v5/neo4j",
	"github.com/openai/openai-go/v3",
	"github.com/slack-go/slack",
	"go.yaml.in/yaml/v3",
	"google.golang.org/protobuf/proto",
	"modernc.org/sqlite",
}

// modules of the small workspace, named and placed as the real ones.
var modules = []string{"cmd/switchyard", "gen", "internal", "services/agent", "services/executor", "services/ingress", "services/tools"}
