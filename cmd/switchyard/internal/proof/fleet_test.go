package proof

import (
	"sync"
	"testing"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
)

// outside is what was really done at the providers. An attempt at an effect that
// was made before, and whose result was never recorded, finds it there.
type outside struct {
	t    *testing.T
	mu   sync.Mutex
	made map[string]bool
	// Nobody may try again before it.
	fence map[string]time.Time
	again int
}

// fenceSpare is the providers' timeout and what clocks may differ by.
const fenceSpare = 12 * time.Second

func watchOutside(t *testing.T, s *system) *outside {
	o := &outside{t: t, made: map[string]bool{}, fence: map[string]time.Time{}}
	s.executor.Answer(o.answer)
	return o
}

func (o *outside) answer(cmd *executorv1.Command) *executorv1.Result {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := cmd.GetEffectKey()
	if now := time.Now(); now.Before(o.fence[key]) {
		o.t.Errorf("effect %s was tried again %v before it might", key, o.fence[key].Sub(now))
	}
	o.fence[key] = cmd.GetNotAfter().AsTime().Add(fenceSpare)
	if o.made[key] {
		o.again++
		return &executorv1.Result{Outcome: "already"}
	}
	o.made[key] = true
	return &executorv1.Result{Outcome: "done"}
}

// TestFleet: two agents and two tools on one PostgreSQL, each killed in turn
// under load and started again: nothing that was acknowledged is lost, and no
// effect is tried again while its outcome may still come.
func TestFleet(t *testing.T) {
	t.Parallel()
	long(t, "two agents and two tools, each killed in turn")
	database := startServer(t, "postgres")
	s := newFleet(t, "ingress", "agent", "agent2", "tools", "tools2")
	s.extra = append(database.setting(),
		"AGENT_URL="+balancer(t, s.addrs["agent"], s.addrs["agent2"]),
		"TOOLS_URL="+balancer(t, s.addrs["tools"], s.addrs["tools2"]))
	o := watchOutside(t, s)
	for _, name := range []string{"tools", "tools2", "agent", "agent2", "ingress"} {
		s.start(name, "")
	}
	l := s.startLoad(0, 25)
	rounds := 1 + int(outage()/(10*time.Second))
	for range rounds {
		for _, victim := range []string{"tools", "agent", "tools2", "agent2"} {
			<-time.After(2 * time.Second)
			s.kill(victim)
			<-time.After(time.Second)
			s.start(victim, "")
		}
	}
	<-time.After(time.Second)
	all := l.end()
	s.checkKept(all, 0, o)
	t.Logf("%d processes killed under %d deliveries: answers %v, slowest %v, p99 %v; %d effects, %d found made by an attempt without a result",
		4*rounds, len(all), codes(all), slowest(all, 1), slowest(all, 0.99), len(o.made), o.again)
}

// checkKept: each acknowledged delivery has its run, each refused one can be sent
// again, every run is decided, and each has made its two effects. away of them came
// while what they need was not there.
func (s *system) checkKept(all []answered, away int, o *outside) {
	s.t.Helper()
	s.awaitDecided()
	runs := s.runs()
	acknowledged := 0
	for _, a := range all {
		if a.code/100 == 4 {
			s.t.Errorf("delivery %d: a fault of ours was answered %d: %v", a.n, a.code, a.answer)
		}
		if a.code/100 != 2 {
			continue
		}
		acknowledged++
		id, _ := a.answer["run_id"].(string)
		if _, ok := runs[id]; !ok {
			s.t.Errorf("delivery %d was acknowledged and is lost: %v", a.n, a.answer)
		}
	}
	if acknowledged < (len(all)-away)/3 {
		s.t.Errorf("only %d of %d deliveries were acknowledged", acknowledged, len(all)-away)
	}
	for _, a := range all {
		if code, answer := s.post("pull_request", "again", body(a.n)); code/100 != 2 {
			s.t.Errorf("delivery %d sent again: %d %v", a.n, code, answer)
		}
	}
	s.awaitDecided()
	if got := len(s.runs()); got != len(all) {
		s.t.Errorf("%d runs of %d events", got, len(all))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.made) != 2*len(all) {
		s.t.Errorf("%d effects of %d events, want %d", len(o.made), len(all), 2*len(all))
	}
}
