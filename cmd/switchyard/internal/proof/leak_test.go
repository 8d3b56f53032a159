package proof

import (
	"crypto/x509"
	"encoding/base64"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
)

// TestNoTokenIsTold: providers that refuse, fail, repeat the token and hang up:
// no token is in a log, in a run, in the request that a dry run shows, or in a
// byte of the ledger. An App's key, what it signs and its installation's token are none
// the less secret.
func TestNoTokenIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start func(t *testing.T) *acting
		// What a provider repeats besides what the request showed.
		repeated string
	}{
		"tokens": {func(t *testing.T) *acting { return newActing(t, everyAction, everyPolicy, "ingress", "agent", "tools") }, providertest.Token},
		"App":    {func(t *testing.T) *acting { return newEvery(t, everyAction, nil) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := c.start(t)
			a.extra = append(a.extra, "LOG_LEVEL=debug")
			scan(t, a.tellWithFaults(t, c.repeated))
		})
	}
}

// tellWithFaults plants a fault at each write, and returns all that is told then, by where.
func (a *acting) tellWithFaults(t *testing.T, repeated string) map[string]string {
	t.Helper()
	repeats := []byte(`{"message":"Bad credentials: $AUTHORIZATION ` + repeated + `","errorMessages":["$AUTHORIZATION","` + repeated + `"],"errors":{}}`)
	bad := []provider.Fault{
		{Status: http.StatusUnauthorized, Body: repeats}, {Status: http.StatusInternalServerError, Body: repeats},
		{Status: http.StatusUnprocessableEntity, Body: repeats}, {DropBefore: true}, {DropAfter: true},
	}
	a.github.Plant(provider.Fault{Match: provider.On("POST", "/app/installations/*/access_tokens"), Status: http.StatusInternalServerError, Body: repeats})
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
	return told
}

// scan fails for every secret in what was told.
func scan(t *testing.T, told map[string]string) {
	t.Helper()
	quoted := regexp.QuoteMeta
	for name, secret := range map[string]string{
		"a token": quoted(providertest.Token), "a basic authorization": quoted(base64.StdEncoding.EncodeToString([]byte("bot@acme.example:" + providertest.Token))),
		"the token between services": quoted(serviceToken), "the seal's key": quoted(sealKey), "the hook's secret": quoted(hookSecret),
		"an installation's token": "ghs_[0-9a-f]{10}", "what an App signs": `eyJ[\w-]{10,}\.`, "the App's key": "BEGIN RSA|" + quoted(base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(appKey()))[:60]),
	} {
		for where, what := range told {
			if at := regexp.MustCompile(secret).FindStringIndex(what); at != nil {
				t.Errorf("%s is told in %s: …%q", name, where, what[max(0, at[0]-100):min(len(what), at[0]+20)])
			}
		}
	}
}
