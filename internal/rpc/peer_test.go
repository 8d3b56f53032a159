package rpc_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/rpc"
)

// A log line said that a service can't be reached, and not which setting names it.
func TestPeerNamesTheSetting(t *testing.T) {
	call := func(url string) error {
		client := connect.NewClient[emptypb.Empty, emptypb.Empty](rpc.NewHTTPClient(), url+"/x.Y/Z", rpc.Peer("TOOLS_URL", "http://user:secret@127.0.0.1:1"))
		_, err := client.CallUnary(t.Context(), connect.NewRequest(&emptypb.Empty{}))
		return err
	}
	err := call("http://127.0.0.1:1")
	want := "TOOLS_URL=http://user:xxxxx@127.0.0.1:1 can't be reached (refused): connection refused: start it there, or correct TOOLS_URL"
	if fault.ReasonOf(err) != fault.Unavailable || fault.Detail(err) != want {
		t.Errorf("%v, want unavailable: %s", err, want)
	}
	// What the peer itself says is passed on as it is.
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = connect.NewErrorWriter().Write(w, r, connect.NewError(connect.CodeUnavailable, errors.New("starting")))
	}))
	defer srv.Close()
	if err := call(srv.URL); fault.ReasonOf(err) != "" || connect.CodeOf(err) != connect.CodeUnavailable {
		t.Errorf("the peer's own error became %v", err)
	}
}

// A service whose token the one behind it does not take would have told its
// caller that his was wrong.
func TestPeerThatDoesNotTakeOurToken(t *testing.T) {
	for _, reason := range []fault.Reason{fault.TokenMissing, fault.Scope} {
		refused, _ := fault.ToConnect(fault.New(reason, "set AGENT_TOKEN"))
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = connect.NewErrorWriter().Write(w, r, refused)
		}))
		defer srv.Close()
		client := connect.NewClient[emptypb.Empty, emptypb.Empty](rpc.NewHTTPClient(), srv.URL+"/x.Y/Z", rpc.Peer("TOOLS_URL", srv.URL))
		_, unary := client.CallUnary(t.Context(), connect.NewRequest(&emptypb.Empty{}))
		stream, err := client.CallServerStream(t.Context(), connect.NewRequest(&emptypb.Empty{}))
		if err == nil {
			stream.Receive()
			err = errors.Join(stream.Err(), stream.Close())
		}
		want := "TOOLS_URL=" + srv.URL + " does not take this service's token: " + string(reason) + ": set AGENT_TOKEN"
		for kind, err := range map[string]error{"unary": unary, "stream": err} {
			if fault.ReasonOf(err) != fault.Unavailable || fault.Detail(err) != want {
				t.Errorf("%s: %v, want unavailable: %s", kind, err, want)
			}
		}
	}
}
