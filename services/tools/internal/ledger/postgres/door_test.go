package postgres_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// door is a way to a server that can be shut, with all that go through it cut off.
type door struct {
	address, server string

	mu       sync.Mutex
	listener net.Listener
	through  []net.Conn
}

// newDoor is shut.
func newDoor(t *testing.T, server string) *door {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	d := &door{address: l.Addr().String(), server: server}
	t.Cleanup(d.shut)
	return d
}

func (d *door) open(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", d.address)
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listener = l
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", d.server)
			if err != nil {
				_ = conn.Close()
				continue
			}
			d.mu.Lock()
			d.through = append(d.through, conn, server)
			d.mu.Unlock()
			go func() { _, _ = io.Copy(server, conn); _ = server.Close() }()
			go func() { _, _ = io.Copy(conn, server); _ = conn.Close() }()
		}
	}()
}

func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listener != nil {
		_ = d.listener.Close()
	}
	for _, c := range d.through {
		_ = c.Close()
	}
	d.listener, d.through = nil, nil
}
