package proof

import (
	"encoding/base64"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
)

// TestNoTokenIsTold: providers that refuse, fail, repeat the token and hang up:
// no token is in a log, in a run, in the request that a dry run shows, or in a
// byte of the ledger.
func TestNoTokenIsTold(t *testing.T) {
	t.Parallel()
	a := newActing(t, everyAction, everyPolicy, "ingress", "agent", "tools")
	a.extra = append(a.extra, "LOG_LEVEL=debug")
	repeats := []byte(`{"message":"Bad credentials: ` + providertest.Token + `","errorMessages":["` + providertest.Token + `"],"errors":{}}`)
	bad := []provider.Fault{
		{Status: http.StatusUnauthorized, Body: repeats}, {Status: http.StatusInternalServerError, Body: repeats},
		{Status: http.StatusUnprocessableEntity, Body: repeats}, {DropBefore: true}, {DropAfter: true},
	}
	plants := a.writes()
	for i, what := range slices.Sorted(maps.Keys(plants)) {
		plants[what](bad[i%len(bad)])
	}
	a.addPull()
	a.startAll()
	run := a.settled(a.tell(merge(142, "ACME-7 Try again"))["run_id"])
	told := map[string]string{"the run": protojson.Format(run)}
	if !strings.Contains(told["the run"], "[secret]") {
		t.Error("no provider repeated the token: is the fault planted?")
	}
	// What an operator says is only shown.
	told["a dry run"] = string(output(t, tool(t, "curl"), "-sS", "--fail-with-body", "-H", "Authorization: Bearer "+serviceToken, "-H", "Content-Type: application/json",
		"-d", operatorEvent, "http://"+a.addrs["agent"]+"/switchyard.agent.v1.AgentService/HandleEvent"))
	if !strings.Contains(told["a dry run"], "dry_run") {
		t.Errorf("nothing was shown: %s", told["a dry run"])
	}
	a.stop()
	for name, p := range a.procs {
		told["the log of "+name] = p.log.String()
	}
	files, err := filepath.Glob(filepath.Join(a.dir, "ledger.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no ledger: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		told[filepath.Base(file)] = string(b)
	}
	for where, what := range told {
		for name, secret := range map[string]string{
			"a token": providertest.Token, "a basic authorization": base64.StdEncoding.EncodeToString([]byte("bot@acme.example:" + providertest.Token)),
			"the token between services": serviceToken, "the seal's key": sealKey, "the hook's secret": hookSecret,
		} {
			if i := strings.Index(what, secret); i >= 0 {
				t.Errorf("%s is told in %s: …%q", name, where, what[max(0, i-100):min(len(what), i+20)])
			}
		}
	}
}
