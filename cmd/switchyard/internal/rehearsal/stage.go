package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/seal"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/agent"
	"github.com/switchyard-dev/switchyard/services/tools"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

// Options say what is rehearsed.
type Options struct {
	// RulesFile is "" for the built-in rules.
	RulesFile string
	// PolicyFile goes before Policy; without either nothing is paired.
	PolicyFile string
	// PolicyBy is what named PolicyFile, as errors say it: a flag or a key.
	PolicyBy string
	Policy   []byte
	Now      func() time.Time
	Random   io.Reader
}

// Stage is an agent and tools of its own, on loopback and an empty ledger. There
// is no executor: nothing can act.
type Stage struct {
	agent agentv1connect.AgentServiceClient
	keys  seal.Keys
	// What Close undoes, in this order.
	closing []func() error
}

// Open starts a stage. Close it.
func Open(ctx context.Context, o Options) (*Stage, error) {
	s := &Stage{}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stage) open(ctx context.Context, o Options) error {
	if err := o.checkPolicy(); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "switchyard-rehearsal-")
	if err != nil {
		return fmt.Errorf("a folder for the ledger: %w", err)
	}
	s.closing = append(s.closing, func() error { return os.RemoveAll(folder) })
	key, err := instance.NewSecret(o.Random)
	if err != nil {
		return err
	}
	if s.keys, err = seal.ParseKeys(key); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	t, err := tools.New(ctx, tools.Config{
		DatabaseURL: "sqlite:" + filepath.Join(folder, "ledger.db"), SealKey: key, MaxInFlight: 10, PolicyFile: o.PolicyFile, Policy: o.Policy,
	}, log, o.Now)
	if err != nil {
		return err
	}
	toolsURL, err := s.serve(ctx, t.Run)
	if err != nil {
		return errors.Join(err, t.Close())
	}
	a, err := agent.New(agent.Config{ToolsURL: toolsURL, RulesFile: o.RulesFile, MaxInFlight: 10}, log, o.Now)
	if err != nil {
		return err
	}
	agentURL, err := s.serve(ctx, a.Run)
	if err != nil {
		return err
	}
	options, err := rpc.ClientOptions("")
	if err != nil {
		return err
	}
	client := rpc.NewHTTPClient()
	s.closing = append([]func() error{func() error { client.CloseIdleConnections(); return nil }}, s.closing...)
	s.agent = agentv1connect.NewAgentServiceClient(client, agentURL, options...)
	return nil
}

// checkPolicy reports a bad policy by what named it, and not by the setting
// that tools knows.
func (o Options) checkPolicy() error {
	if o.PolicyFile == "" {
		return nil
	}
	err := tools.CheckPolicy(tools.Config{PolicyFile: o.PolicyFile})
	if cause := errors.Unwrap(err); cause != nil && o.PolicyBy != "" {
		return fmt.Errorf("%s %s: %w", o.PolicyBy, o.PolicyFile, cause)
	}
	return err
}

// serve runs a service until the stage is closed; one that was served later
// ends first.
func (s *Stage) serve(ctx context.Context, run func(context.Context, net.Listener) error) (string, error) {
	ln, err := service.Listen("rehearsal", "127.0.0.1:0", nil)
	if err != nil {
		return "", err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	var ended error
	wg.Go(func() { ended = run(ctx, ln) })
	s.closing = append([]func() error{func() error { stop(); wg.Wait(); return ended }}, s.closing...)
	return "http://" + ln.Addr().String(), nil
}

// Close ends the services and removes their ledger.
func (s *Stage) Close() error {
	var errs []error
	for _, undo := range s.closing {
		errs = append(errs, undo())
	}
	return errors.Join(errs...)
}

// Plan says what would be done with an event that came signed. The links that
// memory would add are not there: the ledger is empty.
func (s *Stage) Plan(ctx context.Context, in Input) (*agentv1.PlanEventResponse, error) {
	event, err := proto.Marshal(in.Event)
	if err != nil {
		return nil, fmt.Errorf("marshal event: %w", err)
	}
	const authn = "signature"
	keyID, mac := s.keys.Seal(event, authn)
	sealed := &eventv1.SealedEvent{Event: event, Body: s2.Encode(nil, in.Body), Authn: authn, KeyId: keyID, Mac: mac}
	resp, err := s.agent.PlanEvent(ctx, &agentv1.PlanEventRequest{Input: &agentv1.PlanEventRequest_Sealed{Sealed: sealed}})
	if fault.ReasonOf(err) != "" {
		return nil, fmt.Errorf("%s: %s", fault.ReasonOf(err), fault.Detail(err))
	}
	return resp, err
}
