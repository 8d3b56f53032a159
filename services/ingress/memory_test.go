package ingress_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// memoryPromise is what the issue promises; the budget of bodies is 192 MiB of it.
const memoryPromise = 512 << 20

// Unverified uploads of the largest size, from several addresses, some without
// a length, leave ingress under 512 MiB, and small deliveries through.
func TestUploadsStayWithinMemory(t *testing.T) {
	uploads := 60
	if prove() {
		uploads = 200
	}
	p := startProcess(t)
	ctx, stop := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	codes := make(chan int, uploads)
	conns := make([]net.Conn, uploads)
	for i := range conns {
		conns[i] = upload(t, p.addr, i)
	}
	for i, conn := range conns {
		flood.Go(func() { codes <- send25MiB(conn, i%4 == 3) })
	}
	go func() { flood.Wait(); stop() }()
	var worst time.Duration
	deliveries := 0
	for deliveries == 0 || ctx.Err() == nil {
		start := time.Now()
		got := send(t, "POST", "http://"+p.addr+"/webhooks/github", signed("ping", ping), strings.NewReader(ping))
		if got.code != http.StatusOK {
			t.Fatalf("a small signed delivery: %d %s", got.code, got.body)
		}
		worst = max(worst, time.Since(start))
		deliveries++
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	close(codes)
	seen := map[int]int{}
	for code := range codes {
		seen[code]++
	}
	peak := p.peak(t)
	t.Logf("%d uploads answered %v; peak %d MiB; %d small deliveries, the slowest in %v", uploads, seen, peak>>20, deliveries, worst)
	if seen[http.StatusUnauthorized] == 0 {
		t.Error("no upload was read")
	}
	if peak > memoryPromise {
		t.Errorf("peak %d MiB, want at most %d", peak>>20, memoryPromise>>20)
	}
	if worst > 8*time.Second {
		t.Errorf("a small delivery took %v", worst)
	}
}

// upload opens the connection from one of 16 addresses and sends the header.
func upload(t *testing.T, addr string, i int) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i%16))}}
	conn, err := dialer.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	length := fmt.Sprintf("Content-Length: %d", maxBody)
	if i%4 == 3 {
		length = "Transfer-Encoding: chunked"
	}
	_, err = fmt.Fprintf(conn, "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256=%064d\r\n%s\r\n\r\n", 0, length)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// send25MiB sends the body for as long as it is taken, and returns the answer's
// code, or 0 if there was none.
func send25MiB(conn net.Conn, chunked bool) int {
	go func() {
		piece := make([]byte, 256<<10)
		for range maxBody / len(piece) {
			if chunked {
				_, _ = fmt.Fprintf(conn, "%x\r\n", len(piece))
			}
			if _, err := conn.Write(piece); err != nil {
				return
			}
			if chunked {
				_, _ = io.WriteString(conn, "\r\n")
			}
		}
		if chunked {
			_, _ = io.WriteString(conn, "0\r\n\r\n")
		}
	}()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
