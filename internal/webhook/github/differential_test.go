package github_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"math/rand/v2"
	"strings"
	"testing"

	reference "github.com/google/go-github/v88/github"

	"github.com/switchyard-dev/switchyard/internal/webhook/github"
)

// delivery is what both verifiers are asked about.
type delivery struct {
	secret []byte
	header string
	body   []byte
}

// disagreements is all that go-github and we see differently, and why.
func disagreements() []disagreement {
	return []disagreement{
		{"SHA-1 is GitHub's legacy signature, which it still sends beside the other: we don't read it",
			func(d delivery) bool { return strings.HasPrefix(d.header, "sha1=") }, false},
		{"SHA-512 has never been sent: go-github takes it in case it will be",
			func(d delivery) bool { return strings.HasPrefix(d.header, "sha512=") }, false},
		{"an empty secret is anybody's: go-github leaves it to its caller to have one",
			func(d delivery) bool { return len(d.secret) == 0 && d.header != "" }, false},
		{"without a secret go-github asks for no signature",
			func(d delivery) bool { return len(d.secret) == 0 && d.header == "" }, false},
	}
}

type disagreement struct {
	reason string
	is     func(delivery) bool
	ours   bool // what we say; go-github says the opposite
}

// What go-github takes as signed we take, and nothing else, but for the list.
func TestAgreesWithGoGitHub(t *testing.T) {
	const pairs = 120_000
	random := rand.New(rand.NewPCG(20260301, 4))
	list := disagreements()
	differed := make([]int, len(list))
	accepted := 0
	for range pairs {
		d := mutated(random)
		_, err := reference.ValidatePayloadFromBody("application/json", bytes.NewReader(d.body), d.header, d.secret)
		theirs, ours := err == nil, github.Verify([][]byte{d.secret}, d.header, d.body) == nil
		if theirs == ours {
			if ours {
				accepted++
			}
			continue
		}
		listed := false
		for i, l := range list {
			if l.is(d) && l.ours == ours {
				listed = true
				differed[i]++
				break
			}
		}
		if !listed {
			t.Errorf("secret %q, header %q, body %q: we say %v, go-github %v (%v)", d.secret, d.header, d.body, ours, theirs, err)
		}
	}
	if accepted < pairs/10 || accepted > pairs*9/10 {
		t.Errorf("%d of %d pairs are accepted: too few or too many to tell anything", accepted, pairs)
	}
	for i, l := range list {
		if differed[i] == 0 {
			t.Errorf("not seen any more: %s", l.reason)
		}
	}
	t.Logf("%d pairs: both accept %d, differed %v", pairs, accepted, differed)
}

// mutated is a delivery that was signed right, and then mostly tampered with.
func mutated(rand *rand.Rand) delivery {
	d := delivery{secret: text(rand, 40), body: text(rand, 200)}
	if rand.IntN(20) == 0 {
		d.secret = nil
	}
	name, method := "sha256", sha256.New
	switch rand.IntN(8) {
	case 0:
		name, method = "sha1", sha1.New
	case 1:
		name, method = "sha512", sha512.New
	}
	d.header = name + "=" + digits(method, d)
	for range rand.IntN(3) {
		mutations := mutations()
		mutations[rand.IntN(len(mutations))](rand, &d)
	}
	return d
}

func digits(method func() hash.Hash, d delivery) string {
	mac := hmac.New(method, d.secret)
	mac.Write(d.body)
	return hex.EncodeToString(mac.Sum(nil))
}

// text is up to n bytes, of any value or, mostly, of those that JSON is made of.
func text(rand *rand.Rand, n int) []byte {
	b := make([]byte, rand.IntN(n+1))
	for i := range b {
		if b[i] = `{}[]":,0 aA=`[rand.IntN(12)]; rand.IntN(50) == 0 {
			b[i] = byte(rand.IntN(256))
		}
	}
	return b
}

type mutation func(*rand.Rand, *delivery)

func mutations() []mutation {
	rest := func(d *delivery) (string, string) {
		name, digits, _ := strings.Cut(d.header, "=")
		return name, digits
	}
	at := func(rand *rand.Rand, s string) int { return rand.IntN(len(s) + 1) }
	return []mutation{
		func(*rand.Rand, *delivery) {},
		func(_ *rand.Rand, d *delivery) { d.header = strings.ToUpper(d.header) },
		func(_ *rand.Rand, d *delivery) { n, x := rest(d); d.header = n + "=" + strings.ToUpper(x) },
		func(_ *rand.Rand, d *delivery) { n, x := rest(d); d.header = strings.ToUpper(n) + "=" + x },
		func(_ *rand.Rand, d *delivery) { _, d.header = rest(d) },
		func(_ *rand.Rand, d *delivery) { d.header = "" },
		func(rand *rand.Rand, d *delivery) { d.header = d.header[:at(rand, d.header)] },
		func(rand *rand.Rand, d *delivery) { d.header = d.header[at(rand, d.header):] },
		func(rand *rand.Rand, d *delivery) {
			i := at(rand, d.header)
			d.header = d.header[:i] + string([]rune(" \t\r\n\x00=,;aF0ſ٣")[rand.IntN(13)]) + d.header[i:]
		},
		func(_ *rand.Rand, d *delivery) { d.header = " " + d.header + " " },
		func(_ *rand.Rand, d *delivery) { d.header += "," + d.header },
		func(_ *rand.Rand, d *delivery) { d.header += "00" },
		func(_ *rand.Rand, d *delivery) { n, x := rest(d); d.header = n + "==" + x },
		func(_ *rand.Rand, d *delivery) { n, x := rest(d); d.header = n + "=0x" + x },
		func(rand *rand.Rand, d *delivery) {
			_, x := rest(d)
			d.header = []string{"sha1", "sha256", "sha512", "md5", "sha-256", "none", ""}[rand.IntN(7)] + "=" + x
		},
		func(rand *rand.Rand, d *delivery) { d.header = string(text(rand, 80)) },
		func(rand *rand.Rand, d *delivery) {
			if len(d.body) > 0 {
				d.body = bytes.Clone(d.body)
				d.body[rand.IntN(len(d.body))] ^= 1 << rand.IntN(8)
			}
		},
		func(_ *rand.Rand, d *delivery) { d.body = append(bytes.Clone(d.body), '\n') },
		func(_ *rand.Rand, d *delivery) { d.body = bytes.TrimSpace(d.body) },
		func(_ *rand.Rand, d *delivery) { d.secret = append(bytes.Clone(d.secret), 0) },
		func(_ *rand.Rand, d *delivery) { d.secret = nil },
		func(rand *rand.Rand, d *delivery) { d.secret = text(rand, 40) },
	}
}
