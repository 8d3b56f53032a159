package secret_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/lambda/secret"
)

const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:switchyard/github-AbCdEf"

// manager plays Secrets Manager.
func manager(t *testing.T, status int, answer string) *secret.Store {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			SecretID string `json:"SecretId"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.SecretID != arn || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
			t.Errorf("asked for %q by %q: %v", asked.SecretID, r.Header.Get("X-Amz-Target"), err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(srv.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": srv.URL, "AWS_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_MAX_ATTEMPTS": "1",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	store, err := secret.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		status             int
		answer, want, says string
	}{
		"text":     {200, `{"Name":"x","SecretString":" token-of-this-test\n"}`, "token-of-this-test", ""},
		"binary":   {200, `{"Name":"x","SecretBinary":"AAAA"}`, "", "has no text"},
		"missing":  {400, `{"__type":"ResourceNotFoundException","Message":"can't find it"}`, "", "ResourceNotFoundException"},
		"not ours": {400, `{"__type":"AccessDeniedException","Message":"not authorized"}`, "", "AccessDeniedException"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := manager(t, c.status, c.answer).Read(t.Context(), arn)
			if got != c.want || (err != nil) != (c.says != "") {
				t.Fatalf("got %q, %v", got, err)
			}
			if err != nil && (!strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), arn)) {
				t.Errorf("got %v, want the secret's name and %s", err, c.says)
			}
		})
	}
}
