package reload

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// Every is how often a file is looked at.
const Every = 2 * time.Second

// Options say what is read, and how it is spoken of.
type Options[T any] struct {
	// The setting that names the file, for errors: RULES_FILE.
	Setting string
	// The file; "" where Fixed holds for ever.
	Path  string
	Fixed T
	// What to do about a file that can't be read.
	Remedy string
	// Parse makes the value of the file's content. It is called once a content,
	// and may log what is only odd.
	Parse func(data []byte) (T, error)
	// Took is told of a new value; again: the file was bad before, and whoever saw
	// that must see its end.
	Took func(value T, again bool)
	// Kept is told once why the file is not taken, and the value that stays.
	Kept func(value T, trouble error)
}

// File is what a file says, or said when it was good last. It is safe for
// concurrent use.
type File[T any] struct {
	options Options[T]

	mu      sync.RWMutex
	value   T
	data    []byte // that was judged last, good or not
	fresh   []byte // that the last look saw for the first time; nil for none
	trouble error  // of the last look; nil when the file is the value
}

// Open reads the file. There is nothing good yet to fall back on: a bad file is
// an error, which names the setting and the file.
func Open[T any](o Options[T]) (*File[T], error) {
	f := &File[T]{options: o, value: o.Fixed}
	if o.Path == "" {
		return f, nil
	}
	var err error
	if f.data, err = f.read(); err != nil {
		return nil, err
	}
	f.value, err = o.Parse(f.data)
	return f, err
}

func (f *File[T]) read() ([]byte, error) {
	data, err := os.ReadFile(f.options.Path)
	if err != nil {
		return nil, fmt.Errorf("%s=%s: %w: %s", f.options.Setting, f.options.Path, err, f.options.Remedy)
	}
	return data, nil
}

// Current is the value that holds.
func (f *File[T]) Current() T {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.value
}

// Trouble is why the file is not the current value; nil where it is.
func (f *File[T]) Trouble() error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.trouble
}

// Follow looks at the file every 2 s until ctx is done. The file is read each
// time: its time of change is too coarse, and misses a mount that was swapped.
func (f *File[T]) Follow(ctx context.Context) {
	if f.options.Path == "" {
		return
	}
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.Look()
		}
	}
}

// Look takes the file's content if it is good, and says once if not. Content is
// judged only when two looks in a row see the same: a file that is being written
// is half of one for a moment, and that half may be good.
func (f *File[T]) Look() {
	data, err := f.read()
	if err != nil {
		f.keep(nil, err)
		return
	}
	if !f.settled(data) {
		return
	}
	value, err := f.parse(data)
	if err != nil {
		f.keep(data, err)
		return
	}
	f.mu.Lock()
	troubled := f.trouble != nil
	f.value, f.data, f.trouble = value, data, nil
	f.mu.Unlock()
	f.options.Took(value, troubled)
}

// settled tells whether content is new and was so at the look before.
func (f *File[T]) settled(data []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.data != nil && bytes.Equal(data, f.data) {
		f.fresh = nil
		return false
	}
	again := f.fresh != nil && bytes.Equal(data, f.fresh)
	f.fresh = data
	if again {
		f.fresh = nil
	}
	return again
}

// parse refuses what is empty: whoever means that nothing shall hold says so,
// while a file that is truncated says nothing.
func (f *File[T]) parse(data []byte) (T, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		var none T
		return none, fmt.Errorf("%s=%s: the file is empty, which is taken at a start only: a comment line in it says that it is meant to be", f.options.Setting, f.options.Path)
	}
	return f.options.Parse(data)
}

// keep stays with the last good value.
func (f *File[T]) keep(data []byte, trouble error) {
	f.mu.Lock()
	known := f.trouble != nil && f.trouble.Error() == trouble.Error()
	f.data, f.fresh, f.trouble = data, nil, trouble
	value := f.value
	f.mu.Unlock()
	if !known {
		f.options.Kept(value, trouble)
	}
}
