package instance

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"
)

// dotEnv is the file of settings in the working folder.
const dotEnv = ".env"

// secretsName is the file with the made secrets, NAME=value, mode 0600.
const secretsName = "secrets.env"

// secretBytes is the length of a made secret before its encoding.
const secretBytes = 32

// Secrets are the settings that are made if nobody sets them, beside Notion's
// secret, which has a file of its own. SERVICE_TOKEN is
// none of them: on loopback the services' own APIs are open to whoever uses
// this machine, and what he sends is an operator's event, which is dry run.
func Secrets() []string {
	return []string{"GITHUB_WEBHOOK_SECRET", "JIRA_WEBHOOK_SECRET", "SEAL_KEY"}
}

// NewSecret returns 32 random bytes in URL-safe base64 without padding.
func NewSecret(random io.Reader) (string, error) {
	b := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Settings looks a setting up in the environment, then in the .env file of the
// working folder, then among the made secrets of a data folder.
func Settings(dir string, environ config.Lookup) (config.Lookup, error) {
	local, err := config.DotEnv(dotEnv)
	if err != nil {
		return nil, err
	}
	upper := config.Below(environ, local)
	kept, err := readSecrets(dir)
	if err != nil {
		return nil, err
	}
	for name, file := range map[string]string{notionSecret: notionSecretName, notionUntil: notionUntilName} {
		if !isSet(upper, name) {
			kept[name+"_FILE"] = filepath.Join(dir, file)
		}
	}
	return Under(upper, kept), nil
}

// Slips returns the names in the .env file that no setting has, each with the
// one that is probably meant. Names that are like none are other programs'.
func Slips(known []string) (map[string]string, error) {
	local, err := config.DotEnv(dotEnv)
	if err != nil {
		return nil, err
	}
	slips := map[string]string{}
	for name := range local {
		if meant := config.Meant(name, known); meant != "" {
			slips[name] = meant
		}
	}
	return slips, nil
}

// Under returns a lookup that knows values where upper has nothing: neither the
// name, nor the name of a file with it. An empty value counts as nothing, as
// in the services' own settings.
func Under(upper config.Lookup, values map[string]string) config.Lookup {
	return func(name string) (string, bool) {
		if v, ok := upper(name); ok && v != "" {
			return v, true
		}
		if file, _ := upper(name + "_FILE"); file != "" {
			return "", false
		}
		v, ok := values[name]
		return v, ok
	}
}

// MakeSecrets makes the secrets that nobody set, keeps them in the data folder
// and returns their names. Those kept there already stay as they are. Only the
// holder of the folder's lock may call it.
func MakeSecrets(dir string, environ config.Lookup, random io.Reader) ([]string, error) {
	settings, err := Settings(dir, environ)
	if err != nil {
		return nil, err
	}
	kept, err := readSecrets(dir)
	if err != nil {
		return nil, err
	}
	var made []string
	for _, name := range Secrets() {
		if isSet(settings, name) {
			continue
		}
		if kept[name], err = NewSecret(random); err != nil {
			return nil, err
		}
		made = append(made, name)
	}
	if len(made) > 0 {
		if err := writeSecrets(dir, kept); err != nil {
			return nil, err
		}
	}
	notion, err := makeNotionSecret(dir, settings, random)
	if notion {
		made = append(made, notionSecret)
	}
	return made, err
}

func isSet(settings config.Lookup, name string) bool {
	v, _ := settings(name)
	file, _ := settings(name + "_FILE")
	return v != "" || file != ""
}

func readSecrets(dir string) (map[string]string, error) {
	b, err := os.ReadFile(filepath.Join(dir, secretsName))
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("--data %s: %w", dir, err)
	}
	kept := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && slices.Contains(Secrets(), name) {
			kept[name] = value
		}
	}
	return kept, nil
}

// writeSecrets replaces the file as a whole: half a file would lose secrets
// that providers were given.
func writeSecrets(dir string, secrets map[string]string) error {
	var b strings.Builder
	b.WriteString("# Made by `switchyard dev`. The environment and .env go before this file.\n")
	for _, name := range Secrets() {
		if v := secrets[name]; v != "" {
			fmt.Fprintf(&b, "%s=%s\n", name, v)
		}
	}
	path := filepath.Join(dir, secretsName)
	if err := os.WriteFile(path+".new", []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("--data %s: %w", dir, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("--data %s: %w", dir, err)
	}
	return nil
}
