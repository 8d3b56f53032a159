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
