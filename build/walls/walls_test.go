package walls

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// wallLinters hold the walls; what other linters say of the plants is not looked at.
var wallLinters = []string{"depguard", "forbidigo", "gochecknoglobals", "gochecknoinits", "sloglint"}

type issue struct {
	FromLinter string
	Text       string
	Pos        struct{ Filename string }
}

func TestWalls(t *testing.T) {
	lint, err := filepath.Abs(filepath.Join(root, ".bin", "golangci-lint"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lint); errors.Is(err, fs.ErrNotExist) {
		t.Skip("NOT TESTED: the walls between the rooms. `make tools` installs the linter that holds them.")
	}
	dir := workspace(t)
	found := run(t, dir, lint)
	for _, p := range violations {
		t.Run(p.file, func(t *testing.T) {
			linter := p.linter
			says := p.rule
			if linter == "" {
				linter, says = "depguard", "from list '"+p.rule+"'"
			}
			if !slices.ContainsFunc(found[p.file], func(i issue) bool {
				return i.FromLinter == linter && strings.Contains(i.Text, says)
			}) {
				t.Errorf("this wall is down: want %s to say %q of\n%s\ngot %+v", linter, says, source(p), found[p.file])
			}
		})
	}
	for _, p := range allowed {
		t.Run(p.file, func(t *testing.T) {
			for _, i := range found[p.file] {
				if slices.Contains(wallLinters, i.FromLinter) {
					t.Errorf("this door is shut: %s: %s", i.FromLinter, i.Text)
				}
			}
		})
	}
}

// The compiler holds this one: no linter is asked.
func TestCommandCannotImportInternalOfServices(t *testing.T) {
	dir := workspace(t)
	write(t, dir, plant{file: "cmd/switchyard/lib/deep.go", imports: []string{module + "services/agent/internal/rule"}})
	cmd := exec.CommandContext(t.Context(), "go", "build", "./cmd/switchyard/lib")
	cmd.Dir, cmd.Env = dir, environ()
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "use of internal package "+module+"services/agent/internal/rule not allowed") {
		t.Errorf("go build: %v\n%s", err, out)
	}
}

func TestEveryListIsPlanted(t *testing.T) {
	_, depguard, _ := strings.Cut(configuration(t), "    depguard:\n")
	depguard, _, _ = strings.Cut(depguard, "    forbidigo:\n")
	lists := regexp.MustCompile(`(?m)^ {8}([a-z0-9-]+):$`).FindAllStringSubmatch(depguard, -1)
	if len(lists) == 0 {
		t.Fatal("found no list in .golangci.yml")
	}
	for _, list := range lists {
		if !slices.ContainsFunc(violations, func(p plant) bool { return p.rule == list[1] }) {
			t.Errorf("no violation of list %q is planted", list[1])
		}
	}
}

// depguard's lists take no patterns of packages, so the test packages stand in one by name.
func TestEveryTestPackageIsListed(t *testing.T) {
	config := configuration(t)
	for _, top := range []string{"cmd", "internal", "services"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() || !strings.HasSuffix(d.Name(), "test") && d.Name() != "testkit" {
				return err
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			if pkg := module + filepath.ToSlash(rel); !strings.Contains(config, "pkg: "+pkg+",") {
				t.Errorf(".golangci.yml, list shipped: %s is missing", pkg)
			}
			if d.Name() == "testkit" {
				return filepath.SkipDir // its entry stands for all below
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// The linter sees what a file imports, not what that brings along: of what is for
// tests, the programs hold the fake providers that dev starts, and nothing else.
func TestNoTestCodeIsLinked(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/switchyard", "./services/agent/cmd/agent", "./services/executor/cmd/executor", "./services/ingress/cmd/ingress", "./services/tools/cmd/tools")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	linked := strings.Fields(string(out))
	if !slices.Contains(linked, module+"internal/testkit/provider") {
		t.Error("the fake providers are not in the command: is this list still the programs'?")
	}
	test := regexp.MustCompile(`^testing$|/httptest$|kin-openapi|go-cmp|testscript|/testkit$|^github.com/switchyard-dev/.*test$`)
	for _, pkg := range linked {
		if test.MatchString(pkg) {
			t.Errorf("a program links %s", pkg)
		}
	}
}

func configuration(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, ".golangci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// run lints the workspace once and returns what was found, by file.
func run(t *testing.T, dir, lint string) map[string][]issue {
	t.Helper()
	args := []string{"run", "--output.json.path=stdout", "--show-stats=false", "--issues-exit-code=0"}
	for _, m := range modules {
		args = append(args, "./"+m+"/...")
	}
	cmd := exec.CommandContext(t.Context(), lint, args...)
	cmd.Dir, cmd.Env = dir, environ()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", cmd.Args, err, out, &stderr)
	}
	var report struct{ Issues []issue }
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := map[string][]issue{}
	for _, i := range report.Issues {
		if i.FromLinter == "typecheck" {
			t.Fatalf("the planted code doesn't compile, which hides the walls: %s: %s", i.Pos.Filename, i.Text)
		}
		name := filepath.ToSlash(i.Pos.Filename)
		found[name] = append(found[name], i)
	}
	return found
}

// environ is the process's, such that the small workspace is the whole world.
func environ() []string {
	return append(os.Environ(), "GOWORK=", "GOFLAGS=", "GOPROXY=off", "GOTOOLCHAIN=local")
}

// workspace writes the small workspace with the repository's own configuration.
func workspace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, ".golangci.yml", configuration(t))
	work := "go 1.26.0\n\nuse (\n"
	for _, m := range modules {
		put(t, dir, path.Join(m, "go.mod"), "module "+module+m+"\n\ngo 1.26.0\n")
		work += "\t./" + m + "\n"
	}
	for i, m := range thirdParty {
		folder := fmt.Sprintf("third/%d", i)
		put(t, dir, folder+"/go.mod", "module "+m+"\n\ngo 1.26.0\n")
		put(t, dir, folder+"/stub.go", "package stub\n")
		work += "\t./" + folder + "\n"
	}
	put(t, dir, "go.work", work+")\n")
	for _, pkg := range stubs {
		folder := strings.TrimPrefix(pkg, module)
		put(t, dir, folder+"/stub.go", "package "+path.Base(folder)+"\n")
	}
	for _, p := range slices.Concat(violations, allowed) {
		write(t, dir, p)
	}
	return dir
}

func write(t *testing.T, dir string, p plant) {
	t.Helper()
	put(t, dir, p.file, source(p))
}

func source(p plant) string {
	pkg := path.Base(path.Dir(p.file))
	if path.Base(p.file) == "main.go" {
		pkg = "main"
	}
	var b strings.Builder
	if strings.HasPrefix(p.file, "gen/") {
		b.WriteString("// Code generated by hand. DO NOT EDIT.\n\n")
	}
	fmt.Fprintf(&b, "package %s\n\n", pkg)
	for _, i := range p.imports {
		name := "_ "
		if strings.Contains(p.body, path.Base(strings.TrimSuffix(i, "/v2"))+".") {
			name = ""
		}
		fmt.Fprintf(&b, "import %s%q\n", name, i)
	}
	return b.String() + "\n" + p.body + "\n"
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
