package config_test

import (
	"slices"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/config"
)

func TestNames(t *testing.T) {
	var a struct {
		Secret string `env:"GITHUB_WEBHOOK_SECRET"`
		Both   string `env:"LLM_API_KEY,OTHER_KEY"`
		Lambda string `env:"AWS_LAMBDA_RUNTIME_API" hidden:""`
		None   string
	}
	var b struct {
		Secret string `env:"GITHUB_WEBHOOK_SECRET"`
	}
	want := []string{"GITHUB_WEBHOOK_SECRET", "LLM_API_KEY", "OTHER_KEY"}
	if got := config.Names(&a, &b); !slices.Equal(got, want) {
		t.Errorf("Names() = %q, want %q", got, want)
	}
}

func TestMeant(t *testing.T) {
	known := []string{"AGENT_URL", "DATABASE_URL", "GITHUB_WEBHOOK_SECRET", "JIRA_WEBHOOK_SECRET", "RULES_FILE", "SEAL_KEY", "WEBHOOK_SERVER_PORT"}
	for name, want := range map[string]string{
		"GITHUB_WEBHOK_SECRET": "GITHUB_WEBHOOK_SECRET",
		"GITHUB_SECRET":        "GITHUB_WEBHOOK_SECRET",
		"WEBHOOK_PORT":         "WEBHOOK_SERVER_PORT",
		"AGENT_URI":            "AGENT_URL",
		"AGENTURL":             "AGENT_URL",
		"SEALKEY":              "SEAL_KEY",
		"AGENT_URL":            "",
		"AGENT_URL_FILE":       "",
		"AGENT_URI_FILE":       "AGENT_URL",
		"RULE_FILE":            "RULES_FILE",
		"GITHUB_TOKEN":         "",
		"DATABASE_PASSWORD":    "",
		"NODE_ENV":             "",
		"AGENT":                "",
		"X":                    "",
		"":                     "",
	} {
		if got := config.Meant(name, known); got != want {
			t.Errorf("Meant(%s) = %q, want %q", name, got, want)
		}
	}
}
