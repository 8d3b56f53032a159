package command

import (
	"fmt"
	"io"
	"os"
	"time"
)

// plainEvery is how often progress is a new line where no terminal shows it.
const plainEvery = 5 * time.Second

// progress tells on stderr how far something is: on a terminal in one line that
// is written over, else by a line now and then.
type progress struct {
	out      io.Writer
	now      func() time.Time
	terminal bool
	shown    bool
	at       time.Time
	width    int
}

func newProgress(env *Env) *progress {
	return &progress{out: env.Stderr, now: env.Now, terminal: terminal(env.Stderr)}
}

// terminal tells whether somebody sits at the other end.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (p *progress) show(what string, done, total uint64, unit, waiting string) {
	line := fmt.Sprintf("%s: %d %s", what, done, unit)
	if total > 0 {
		line = fmt.Sprintf("%s: %d of %d %s", what, done, total, unit)
	}
	if total > 0 && done <= total {
		line += fmt.Sprintf(" (%d %%)", 100*done/total)
	}
	if waiting != "" {
		line += ", waiting: " + waiting
	}
	line = printable(line)
	switch {
	case p.terminal:
		_, _ = fmt.Fprintf(p.out, "\r%-*s", p.width, line)
		p.width, p.shown = len(line), true
	case !p.shown || p.now().Sub(p.at) >= plainEvery:
		_, _ = fmt.Fprintln(p.out, line)
		p.shown, p.at = true, p.now()
	}
}

// end leaves the line.
func (p *progress) end() {
	if p.terminal && p.shown {
		_, _ = fmt.Fprintln(p.out)
	}
	p.shown, p.width = false, 0
}
