package executor

import (
	"encoding/json"
	"strings"
	"sync"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// slots bound the invocations in flight: all of them together, and those of one
// provider to its share, so that one that hangs never takes the others' slots.
type slots struct {
	all   chan struct{}
	share int

	mu    sync.Mutex
	taken map[string]int // by provider
}

// newSlots gives each provider that there are actions for the same share, at least one.
func newSlots(most int, actions map[string]action.Action) *slots {
	providers := make(map[string]bool)
	for tool := range actions {
		providers[providerOf(tool)] = true
	}
	return &slots{all: make(chan struct{}, most), share: max(1, most/max(1, len(providers))), taken: make(map[string]int)}
}

// enter is false where all slots are taken.
func (s *slots) enter() bool {
	select {
	case s.all <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s *slots) leave() { <-s.all }

// enterAt is false where a provider has its share.
func (s *slots) enterAt(provider string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[provider] >= s.share {
		return false
	}
	s.taken[provider]++
	return true
}

func (s *slots) leaveAt(provider string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Payloads name it: what is no provider's stays nowhere.
	if s.taken[provider]--; s.taken[provider] == 0 {
		delete(s.taken, provider)
	}
}

// providerOf is whose requests a tool's are.
func providerOf(tool string) string {
	provider, _, _ := strings.Cut(tool, ".")
	return provider
}

// providerIn is whose requests the command in a payload is; "" where it is none, which
// is rejected before anything is sent.
func providerIn(payload []byte) string {
	var cmd struct {
		Tool string `json:"tool"`
	}
	if json.Unmarshal(payload, &cmd) != nil {
		return ""
	}
	return providerOf(cmd.Tool)
}
