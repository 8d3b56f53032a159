package service

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// reloadEvery is how often the files of a pair are looked at.
const reloadEvery = 2 * time.Second

// KeyPair is a certificate and its key as their files were when they were last
// good together.
type KeyPair struct {
	certSetting, certFile string
	keySetting, keyFile   string
	log                   *slog.Logger

	mu      sync.RWMutex
	current *tls.Certificate
	digest  [sha256.Size]byte // of the files as they were looked at last, good or not
	trouble string            // that was logged last; "" when the files are in use
}

// OpenKeyPair reads a certificate chain and its private key, both in PEM. The
// settings are the names of those that name the files, for its errors.
func OpenKeyPair(certSetting, certFile, keySetting, keyFile string, log *slog.Logger) (*KeyPair, error) {
	p := &KeyPair{certSetting: certSetting, certFile: certFile, keySetting: keySetting, keyFile: keyFile, log: log}
	certificate, digest, err := p.read()
	if err != nil {
		return nil, err
	}
	p.current, p.digest = certificate, digest
	return p, nil
}

// OpenOwn opens the pair that services speak TLS with among themselves; nil if
// neither file is set: they speak plain HTTP then.
func OpenOwn(certFile, keyFile string, log *slog.Logger) (*KeyPair, error) {
	const cert, key = "SERVICE_TLS_CERT_FILE", "SERVICE_TLS_KEY_FILE"
	switch {
	case certFile == "" && keyFile == "":
		return nil, nil //nolint:nilnil // no TLS
	case certFile == "" || keyFile == "":
		return nil, fmt.Errorf("%s=%s and %s=%s: set both, or neither", cert, certFile, key, keyFile)
	}
	return OpenKeyPair(cert, certFile, key, keyFile, log)
}

// read returns no certificate and no error if the files are as they were.
func (p *KeyPair) read() (*tls.Certificate, [sha256.Size]byte, error) {
	var digest [sha256.Size]byte
	cert, err := os.ReadFile(p.certFile)
	if err != nil {
		return nil, digest, fmt.Errorf("%s: %w", p.certSetting, err)
	}
	key, err := os.ReadFile(p.keyFile)
	if err != nil {
		return nil, digest, fmt.Errorf("%s: %w", p.keySetting, err)
	}
	files := [][sha256.Size]byte{sha256.Sum256(cert), sha256.Sum256(key)}
	digest = sha256.Sum256(append(files[0][:], files[1][:]...))
	if digest == p.digest {
		return nil, digest, nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, digest, fmt.Errorf("%s=%s, %s=%s: want a certificate chain and its private key, both in PEM: %w", p.certSetting, p.certFile, p.keySetting, p.keyFile, err)
	}
	return &pair, digest, nil
}

func (p *KeyPair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.current, nil
}

// follow looks at the files every 2 s until ctx is done. They are read each
// time: their times of change are too coarse, and miss a mount that was swapped.
func (p *KeyPair) follow(ctx context.Context) {
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.reload()
		}
	}
}

// reload takes the pair if it is good, and says once if not. Only follow calls it.
func (p *KeyPair) reload() {
	certificate, digest, err := p.read()
	switch {
	case err != nil:
		// Also between the writing of one file and of the other.
		if p.trouble != err.Error() {
			p.log.Error("certificate not loaded: the last good one is kept", "not_after", p.current.Leaf.NotAfter, "error", err)
		}
		p.trouble, p.digest = err.Error(), digest
	case certificate != nil:
		p.mu.Lock()
		p.current = certificate
		p.mu.Unlock()
		p.trouble, p.digest = "", digest
		p.log.Info("certificate loaded", "file", p.certFile, "not_after", certificate.Leaf.NotAfter)
	}
}
