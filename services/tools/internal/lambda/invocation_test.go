package lambda_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/lambda"
)

func TestQualified(t *testing.T) {
	for function, want := range map[string]bool{
		"executor": false, "executor:live": true, "executor:$LATEST": false, "executor:": false, "executor:7": true,
		"123456789012:function:executor": false, "123456789012:function:executor:live": true,
		"arn:aws:lambda:eu-west-1:123456789012:function:executor":      false,
		"arn:aws:lambda:eu-west-1:123456789012:function:executor:live": true,
	} {
		if got := lambda.Qualified(function); got != want {
			t.Errorf("%s: %v, want %v", function, got, want)
		}
	}
}

func TestInvocation(t *testing.T) {
	fail := false
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context"))
		var about struct{ Custom map[string]string }
		if err != nil || json.Unmarshal(raw, &about) != nil || about.Custom["effect_key"] != "key" || about.Custom["call_id"] != "call" {
			t.Errorf("client context %q: %v", raw, err)
		}
		var cmd map[string]any
		if err := json.NewDecoder(r.Body).Decode(&cmd); err != nil || cmd["effect_key"] != "key" {
			t.Errorf("payload %v: %v", cmd, err)
		}
		if fail {
			log := "START\npanic: no way\nAuthorization: Bearer marked-token-1\n{\"token\":\"marked-token-2\"}\nEND"
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			w.Header().Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString([]byte(log)))
		}
		_, _ = w.Write([]byte(`{"outcome":"done"}`))
	}))
	t.Cleanup(srv.Close)
	c, err := lambda.New(t.Context(), lambda.Options{Endpoint: srv.URL, Client: srv.Client()})
	if err != nil {
		t.Fatal(err)
	}
	cmd := &executorv1.Command{CallId: "call", EffectKey: "key"}
	if r, err := c.Invoke(t.Context(), cmd); err != nil || r.GetOutcome() != "done" {
		t.Errorf("result %v, error %v", r, err)
	}
	fail = true
	_, err = c.Invoke(t.Context(), cmd)
	if err == nil || !strings.Contains(err.Error(), "panic: no way") || strings.Contains(err.Error(), "marked-token") {
		t.Errorf("error %v, want the end of the log and no token", err)
	}

	large, err := structpb.NewStruct(map[string]any{"body": strings.Repeat("x", 7<<20)})
	if err != nil {
		t.Fatal(err)
	}
	cmd.Payload = large
	_, err = c.Invoke(t.Context(), cmd)
	if refused, ok := errors.AsType[*call.InvokeError](err); !ok || !refused.Refused || !refused.NotSent {
		t.Errorf("a command over the limit: %v, want it refused for good", err)
	}
}
