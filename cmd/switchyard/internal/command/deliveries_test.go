package command_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
)

func (a *agent) ListDeliveries(_ context.Context, req *agentv1.ListDeliveriesRequest) (*agentv1.ListDeliveriesResponse, error) {
	a.askedDeliveries = req
	resp := &agentv1.ListDeliveriesResponse{}
	if a.empty {
		return resp, nil
	}
	return resp, protojson.Unmarshal([]byte(listedDeliveries), resp)
}

func (a *agent) GetDelivery(_ context.Context, req *agentv1.GetDeliveryRequest) (*agentv1.GetDeliveryResponse, error) {
	switch req.GetId() {
	case "3f9a1c20":
		resp := &agentv1.GetDeliveryResponse{}
		return resp, protojson.Unmarshal([]byte(wholeDelivery), resp)
	case "3f9a":
		return nil, connect.NewError(connect.CodeInvalidArgument, errors.New("several deliveries have ids that begin so: give more of the id"))
	}
	return nil, connect.NewError(connect.CodeNotFound, errors.New("no delivery has this id"))
}

func TestDeliveriesLists(t *testing.T) {
	a := &agent{}
	out := run(t, "deliveries", "--url", serve(t, a), "--source", "github", "--answer", "401", "--limit", "7")
	want := `DELIVERY  RECEIVED              SOURCE   TYPE          ANSWER                  FROM       RUN
3f9a1c20  2026-01-15 10:30:00Z  github   pull_request  401 signature_mismatch  192.0.2.1
5a5a5a5a  2026-01-15 10:29:00Z  jira@eu                202 processing          192.0.2.2  0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f
6b6b6b6b  2026-01-15 10:28:00Z  unknown                404 not_found
There are more: --limit shows up to 500, not 7.
Too many at a time, counted and not kept: unknown 1, github 570
`
	if out.code != 0 || out.stdout != want {
		t.Errorf("exit code %d, %s got\n%s\nwant\n%s", out.code, out.stderr, out.stdout, want)
	}
	if got := a.askedDeliveries; got.GetSource() != "github" || got.GetAnswer() != "401" || got.GetPageSize() != 7 {
		t.Errorf("asked %v", got)
	}
	run(t, "deliveries", "--json", "--url", serve(t, a)).want(t, 0, `"reason": "signature_mismatch"`)
	// Right after the first one was sent: it isn't lost, ingress reports one batch a second.
	run(t, "deliveries", "--url", serve(t, &agent{empty: true})).want(t, 0, "listed a second after its answer", "switchyard send github pull_request.merged")
}

func TestDeliveriesShow(t *testing.T) {
	url := serve(t, &agent{})
	out := run(t, "deliveries", "show", "3F9A1C20", "--url", url)
	if want := strings.Replace(strings.TrimPrefix(explainedDelivery, "\n"), "runs show ", "runs show --url "+url+" ", 1); out.code != 0 || out.stdout != want {
		t.Errorf("exit code %d, %s got\n%s\nwant\n%s", out.code, out.stderr, out.stdout, want)
	}
	run(t, "deliveries", "show", "3f9a1c20", "--json", "--url", url).want(t, 0, `"outcome": "failed"`)
	run(t, "deliveries", "show", "ffff", "--url", url).want(t, 1, "begins with ffff", "switchyard deliveries")
	run(t, "deliveries", "show", "3f9a", "--url", url).want(t, 1, "give more of the id")
	run(t, "deliveries", "show", "3f9", "--url", url).want(t, 1, "at least 4 characters")
	run(t, "deliveries", "show", "3f9a1c20", "--url", "http://127.0.0.1:1").want(t, 1, "http://127.0.0.1:1", "--url")
}

const listedDeliveries = `{
	"next_page_token": "9",
	"dropped": {"github": "570", "": "1", "jira": "0"},
	"deliveries": [
		{
			"id": "3f9a1c20-6b1f-4f39-9d0e-3a2b1c0d9e8f", "source": "github", "type": "pull_request", "code": 401, "status": "rejected",
			"reason": "signature_mismatch", "address": "192.0.2.1", "received_at": "2026-01-15T10:30:00Z"
		},
		{
			"id": "5a5a5a5a-6b1f-4f39-9d0e-3a2b1c0d9e8f", "source": "jira", "instance": "eu", "code": 202, "status": "processing",
			"address": "192.0.2.2", "received_at": "2026-01-15T10:29:00Z", "run_id": "0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f"
		},
		{"id": "6b6b6b6b-6b1f-4f39-9d0e-3a2b1c0d9e8f", "code": 404, "status": "rejected", "reason": "not_found", "received_at": "2026-01-15T10:28:00Z"}
	]
}`

const wholeDelivery = `{"delivery": {
	"id": "3f9a1c20-6b1f-4f39-9d0e-3a2b1c0d9e8f", "source": "github", "type": "pull_request", "code": 401, "status": "rejected",
	"reason": "signature_mismatch", "address": "192.0.2.1", "received_at": "2026-01-15T10:30:00Z", "took": "0.003210s", "body_bytes": "35",
	"delivery": {"delivery_id": "guid-\u001b[31m1", "hook_id": "31", "retry": 2}, "run_id": "0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f", "replayed": true,
	"checks": [
		{"name": "body", "outcome": "ok", "detail": "35 bytes"},
		{"name": "signature", "outcome": "failed", "detail": "none of the secrets makes it", "remedy": "pass bodies on byte for byte"},
		{"name": "signature", "outcome": "note", "detail": "a line end was added"}
	]
}}`

const explainedDelivery = `
delivery  3f9a1c20-6b1f-4f39-9d0e-3a2b1c0d9e8f
answer    401 rejected: signature_mismatch
source    github, pull_request
          35 bytes from 192.0.2.1, not proved
          received 2026-01-15 10:30:00Z, answered after 3.2ms
          calls itself delivery id guid-` + "\uFFFD" + `[31m1, hook 31, retry 2
run       0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f (replayed)
          switchyard runs show 0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f

checks
  ok      body: 35 bytes
  failed  signature: none of the secrets makes it
  note    signature: a line end was added

what to do
  pass bodies on byte for byte
`
