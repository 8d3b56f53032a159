package lambda

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
)

// maxTail bounds what is kept of a failed function's log, in bytes. Lambda sends the
// last 4 KB (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
const maxTail = 1024

// Qualified tells whether a function's name or ARN has a version or an alias:
// name:alias, account:function:name:alias or arn:…:function:name:alias. $LATEST is
// none: what it runs changes under a call that is tried again.
func Qualified(function string) bool {
	parts := strings.Split(function, ":")
	last := parts[len(parts)-1]
	if last == "" || last == "$LATEST" {
		return false
	}
	for i, p := range parts {
		if p == "function" {
			return len(parts)-i == 3
		}
	}
	return len(parts) == 2
}

// clientContext carries what an invocation is about beside its payload, for whoever
// looks at the function's traces: base64 of JSON, at most 3,583 bytes
// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
func clientContext(cmd *executorv1.Command) (string, error) {
	b, err := json.Marshal(map[string]any{"custom": map[string]string{"effect_key": cmd.GetEffectKey(), "call_id": cmd.GetCallId()}})
	if err != nil {
		return "", fmt.Errorf("lambda: client context: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b), nil
}

// secretForm is what may be a secret in a log: what follows the words for one.
var secretForm = regexp.MustCompile(`(?i)((?:authorization|bearer|basic|token|secret|password|api[_-]?key)["']?\s*[:= ]\s*["']?(?:bearer |basic )?)[^\s"',}]+`)

// tail is the end of a function's log, in one line and without what may be a secret; ""
// where there is none.
func tail(encoded string) string {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return ""
	}
	line := strings.Join(strings.Fields(secretForm.ReplaceAllString(string(raw), "${1}…")), " ")
	if len(line) > maxTail {
		line = line[len(line)-maxTail:]
	}
	return strings.ToValidUTF8(line, "")
}
