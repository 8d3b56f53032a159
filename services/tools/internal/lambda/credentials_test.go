package lambda_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/lambda"
)

// What went wrong before an invocation was sent had its outcome unknown, as if the function
// might have run: creations ended so where the task had no role.
func TestInvocationsThatAreNotSentToAWS(t *testing.T) {
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) }))
	t.Cleanup(served.Close)
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	t.Cleanup(failing.Close)
	credentials := map[string]string{"AWS_ACCESS_KEY_ID": "an-id", "AWS_SECRET_ACCESS_KEY": "MARKED-secret"}
	for name, tc := range map[string]struct {
		region string
		env    map[string]string
		sent   bool
		want   []string
	}{
		"no credentials": {"eu-central-1", nil, false, []string{"EXECUTOR_FUNCTION=f:live", "credentials", "AWS_ACCESS_KEY_ID"}},
		// Whose answer has a status is not the function.
		"no role to be had":     {"eu-central-1", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": served.URL}, false, []string{"EXECUTOR_FUNCTION=f:live", "credentials"}},
		"no region":             {"", credentials, false, []string{"EXECUTOR_FUNCTION=f:live", "set AWS_REGION"}},
		"a region that is none": {"eu central", credentials, false, []string{"EXECUTOR_FUNCTION=f:live", `region "eu central"`}},
		"sent":                  {"eu-central-1", credentials, true, []string{"lambda: invoke"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, setting := range []string{"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
				t.Setenv(setting, tc.env[setting])
			}
			t.Setenv("AWS_REGION", tc.region)
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
			if tc.sent {
				t.Setenv("AWS_ENDPOINT_URL_LAMBDA", failing.URL)
			}
			c, err := lambda.New(t.Context(), lambda.Options{Function: "f:live"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Invoke(t.Context(), &executorv1.Command{})
			invoke, ok := errors.AsType[*call.InvokeError](err)
			if !ok || invoke.NotSent == tc.sent || invoke.Refused {
				t.Fatalf("%+v", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "MARKED") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}
