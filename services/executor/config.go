package executor

// Config holds the executor's settings.
type Config struct {
	Listen       string `name:"listen" env:"EXECUTOR_LISTEN" default:"127.0.0.1:8003" help:"Address that the local executor serves on; beyond loopback only with a service token."`
	ServiceToken string `name:"service-token" env:"SERVICE_TOKEN" help:"Bearer token that invocations must show."`
	MaxInFlight  int    `name:"max-in-flight" env:"EXECUTOR_MAX_IN_FLIGHT" default:"64" help:"Invocations at a time; more are shed with 429."`
	LogLevel     string `name:"log-level" env:"LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
	// RuntimeAPI is set by AWS Lambda.
	RuntimeAPI string `name:"runtime-api" env:"AWS_LAMBDA_RUNTIME_API" hidden:"" help:"Where AWS Lambda hands out invocations; the executor is a function then, and listens nowhere."`
}

// Address is where the service listens.
func (c *Config) Address() string { return c.Listen }

// Level is the least level that is logged.
func (c *Config) Level() string { return c.LogLevel }
