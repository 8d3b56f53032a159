package executor

import "github.com/switchyard-dev/switchyard/internal/config"

// Config holds the executor's settings. A token may be several, separated by
// commas, in a file also one on each line: each is accepted. Files
// of them are read again when they change, and what left a file stays good for 30 s.
type Config struct {
	Listen       string         `name:"listen" env:"EXECUTOR_LISTEN" default:"127.0.0.1:8003" help:"Address that the local executor serves on; beyond loopback only with a token."`
	ToolsToken   config.Setting `name:"tools-token" env:"TOOLS_TOKEN" placeholder:"TOKEN" help:"Token of tools, which invocations must show."`
	ServiceToken config.Setting `name:"service-token" env:"SERVICE_TOKEN" placeholder:"TOKEN" help:"Token that stands for it."`
	// The services among themselves speak TLS where these are set.
	TLSCertFile string `name:"service-tls-cert-file" env:"SERVICE_TLS_CERT_FILE" help:"Certificate chain in PEM, read again when it changes: this service then speaks TLS."`
	TLSKeyFile  string `name:"service-tls-key-file" env:"SERVICE_TLS_KEY_FILE" help:"Private key of the certificate, in PEM."`
	MaxInFlight int    `name:"max-in-flight" env:"EXECUTOR_MAX_IN_FLIGHT" default:"256" help:"Invocations at a time, those for one provider a fourth of them at most; more are shed with 429."`
	LogLevel    string `name:"log-level" env:"LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
	// A provider without a token gets nothing: its actions are shown as dry runs.
	GitHubToken    config.Setting `name:"github-token" env:"GITHUB_TOKEN" placeholder:"TOKEN" help:"Token that acts at GitHub."`
	GitHubAppID    string         `name:"github-app-id" env:"GITHUB_APP_ID" placeholder:"ID" help:"Id of the GitHub App that acts instead of a token's account."`
	GitHubAppKey   config.Setting `name:"github-app-key" env:"GITHUB_APP_KEY" placeholder:"PEM" help:"Private key of the GitHub App, in PEM; mostly as a file."`
	GitHubAPIURL   string         `name:"github-api-url" env:"GITHUB_API_URL" default:"https://api.github.com" help:"GitHub's API; of an Enterprise Server https://HOST/api/v3."`
	JiraBaseURL    string         `name:"jira-base-url" env:"JIRA_BASE_URL" placeholder:"URL" help:"The Jira site: https://acme.atlassian.net."`
	JiraEmail      string         `name:"jira-email" env:"JIRA_EMAIL" placeholder:"ADDRESS" help:"Account that the API token belongs to; without it the token is shown as a bearer token."`
	JiraAPIToken   config.Setting `name:"jira-api-token" env:"JIRA_API_TOKEN" placeholder:"TOKEN" help:"Token that acts at Jira."`
	JiraDataCenter bool           `name:"jira-data-center" env:"JIRA_DATA_CENTER" help:"The Jira site is a Data Center: version 2 of the API, plain text."`
	NotionToken    config.Setting `name:"notion-token" env:"NOTION_TOKEN" placeholder:"TOKEN" help:"Token of the Notion integration that acts."`
	NotionAPIURL   string         `name:"notion-api-url" env:"NOTION_API_URL" default:"https://api.notion.com" help:"Notion's API."`
	SlackBotToken  config.Setting `name:"slack-bot-token" env:"SLACK_BOT_TOKEN" placeholder:"TOKEN" help:"Token of the Slack bot that posts."`
	SlackAPIURL    string         `name:"slack-api-url" env:"SLACK_API_URL" default:"https://slack.com/api/" help:"Slack's API."`
	// On AWS Lambda, secrets may be kept in Secrets Manager.
	GitHubTokenSecretARN   string `name:"github-token-secret-arn" env:"GITHUB_TOKEN_SECRET_ARN" placeholder:"ARN" help:"Secret in AWS Secrets Manager that holds GITHUB_TOKEN."`
	GitHubAppKeySecretARN  string `name:"github-app-key-secret-arn" env:"GITHUB_APP_KEY_SECRET_ARN" placeholder:"ARN" help:"Secret in AWS Secrets Manager that holds GITHUB_APP_KEY."`
	JiraAPITokenSecretARN  string `name:"jira-api-token-secret-arn" env:"JIRA_API_TOKEN_SECRET_ARN" placeholder:"ARN" help:"Secret in AWS Secrets Manager that holds JIRA_API_TOKEN."`
	NotionTokenSecretARN   string `name:"notion-token-secret-arn" env:"NOTION_TOKEN_SECRET_ARN" placeholder:"ARN" help:"Secret in AWS Secrets Manager that holds NOTION_TOKEN."`
	SlackBotTokenSecretARN string `name:"slack-bot-token-secret-arn" env:"SLACK_BOT_TOKEN_SECRET_ARN" placeholder:"ARN" help:"Secret in AWS Secrets Manager that holds SLACK_BOT_TOKEN."`
	// RuntimeAPI is set by AWS Lambda.
	RuntimeAPI string `name:"runtime-api" env:"AWS_LAMBDA_RUNTIME_API" hidden:"" help:"Where AWS Lambda hands out invocations; the executor is a function then, and listens nowhere."`
}

// Address is where the service listens.
func (c *Config) Address() string { return c.Listen }

// Level is the least level that is logged.
func (c *Config) Level() string { return c.LogLevel }

// LeaveProviders takes away what acts at the providers, so that all actions are
// dry runs, and returns the names of the settings that were there.
func (c *Config) LeaveProviders() []string {
	var names []string
	for _, one := range []struct {
		name    string
		setting *config.Setting
		arn     *string
	}{
		{"GITHUB_TOKEN", &c.GitHubToken, &c.GitHubTokenSecretARN},
		{"GITHUB_APP_KEY", &c.GitHubAppKey, &c.GitHubAppKeySecretARN},
		{"JIRA_API_TOKEN", &c.JiraAPIToken, &c.JiraAPITokenSecretARN},
		{"NOTION_TOKEN", &c.NotionToken, &c.NotionTokenSecretARN},
		{"SLACK_BOT_TOKEN", &c.SlackBotToken, &c.SlackBotTokenSecretARN},
	} {
		if one.setting.IsSet() || *one.arn != "" {
			names = append(names, one.name)
		}
		*one.setting, *one.arn = config.Setting{}, ""
	}
	c.GitHubAppID = ""
	return names
}
