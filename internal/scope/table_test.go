package scope_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	// Their descriptors are walked.
	_ "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	_ "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/scope"
)

// procedures are those of every service that the protos describe, and the two
// that are no RPCs of ours.
func procedures(t *testing.T) []string {
	t.Helper()
	all := []string{scope.Invocation, scope.Reflection}
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(f.Package()), "switchyard.") {
			return true
		}
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				all = append(all, "/"+string(s.FullName())+"/"+string(s.Methods().Get(j).Name()))
			}
		}
		return true
	})
	if len(all) < 20 {
		t.Fatalf("only %d procedures: are the services' protos linked in?", len(all))
	}
	slices.Sort(all)
	return all
}

// An RPC that is added is denied until somebody decides whose it is; a row that
// outlives its RPC would be taken for a decision.
func TestEveryProcedureHasARow(t *testing.T) {
	var listed []string
	for _, row := range scope.Table() {
		if slices.Contains(listed, row.Procedure) {
			t.Errorf("%s has two rows", row.Procedure)
		}
		if len(row.Roles) == 0 || slices.Contains(row.Roles, scope.Service) {
			t.Errorf("%s: want the roles beside %s, got %v", row.Procedure, scope.Service, row.Roles)
		}
		listed = append(listed, row.Procedure)
	}
	slices.Sort(listed)
	for _, p := range procedures(t) {
		if !slices.Contains(listed, p) {
			t.Errorf("%s has no row in the table: who may call it?", p)
		}
	}
	for _, p := range listed {
		if !slices.Contains(procedures(t), p) {
			t.Errorf("%s is in the table and in no proto", p)
		}
	}
}

// What each role is for, said once more and differently than the table says it.
func TestRolesHaveWhatTheyNeedAndNoMore(t *testing.T) {
	may := func(r scope.Role) []string {
		var all []string
		for _, p := range procedures(t) {
			if p != scope.Reflection && slices.Contains(scope.Allowed(p), r) {
				all = append(all, scope.Short(p))
			}
		}
		slices.Sort(all)
		return all
	}
	of := func(prefix string) []string {
		var all []string
		for _, p := range procedures(t) {
			if s := scope.Short(p); strings.HasPrefix(s, prefix+".") {
				all = append(all, s)
			}
		}
		return all
	}
	runReads := []string{"RunService.GetDelivery", "RunService.GetRun", "RunService.ListDeliveries", "RunService.ListRuns", "RunService.WatchRuns"}
	agentReads := []string{"AgentService.GetDelivery", "AgentService.GetRun", "AgentService.ListDeliveries", "AgentService.ListRuns", "AgentService.PlanEvent", "AgentService.WatchRuns"}
	for role, want := range map[scope.Role][]string{
		scope.Ingress:  {"AgentService.GetRun", "AgentService.HandleEvent", "AgentService.ReportDeliveries"},
		scope.Agent:    slices.Concat(of("RunService"), of("ToolService")),
		scope.Tools:    {"the executor"},
		scope.Reader:   slices.Concat(agentReads, runReads, of("ToolService"), []string{"MemoryService.Status"}),
		scope.Operator: slices.Concat(of("AgentService"), of("ToolService"), of("MemoryService"), runReads),
	} {
		slices.Sort(want)
		if got := may(role); !slices.Equal(got, want) {
			t.Errorf("%s may call\n  %v\nwant\n  %v", role, got, want)
		}
	}
	for _, p := range procedures(t) {
		if !slices.Contains(scope.Allowed(p), scope.Service) {
			t.Errorf("%s is not %s's", p, scope.Service)
		}
	}
	if got := scope.Allowed("/switchyard.agent.v1.AgentService/New"); !slices.Equal(got, []scope.Role{scope.Service}) {
		t.Errorf("a procedure without a row is %v's", got)
	}
}

// docs/security.md shows the table.
func TestPageShowsTheTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, row := range scope.Table() {
		name := scope.Short(row.Procedure)
		if strings.Contains(name, ".") {
			name = "`" + name + "`"
		}
		cells := []string{name}
		for _, role := range []scope.Role{scope.Ingress, scope.Agent, scope.Tools, scope.Reader, scope.Operator} {
			mark := ""
			if slices.Contains(row.Roles, role) {
				mark = "x"
			}
			cells = append(cells, mark)
		}
		want = append(want, strings.Join(cells, "|"))
	}
	_, shown, _ := strings.Cut(string(page), "## Who may call what")
	shown, _, _ = strings.Cut(shown, "\n## ")
	for line := range strings.Lines(shown) {
		if cells := strings.Split(strings.TrimSpace(line), "|"); len(cells) == 8 {
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			got = append(got, strings.Join(cells[1:7], "|"))
		}
	}
	if len(got) > 2 {
		got = got[2:] // the table's head
	}
	if !slices.Equal(got, want) {
		t.Errorf("docs/security.md shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
