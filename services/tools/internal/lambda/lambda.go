package lambda

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"google.golang.org/protobuf/encoding/protojson"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/internal/reach"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
)

// localFunction is the name that a local executor is invoked under.
const localFunction = "switchyard-executor"

// maxPayload is Lambda's own limit of a synchronous invocation, in bytes
// (AWS Lambda quotas: 6 MB for request and response each).
const maxPayload = 6 << 20

// Options say where the executor is.
type Options struct {
	// Base URL of a local executor; "" for AWS.
	Endpoint string
	// Token is the bearer token that a local executor demands, asked for anew
	// with each invocation; "" for none.
	Token func() string
	// Client reaches a local executor.
	Client *http.Client
	// Name or ARN of the function, with its alias; needed without Endpoint.
	Function string
}

// Client invokes the executor. It never tries twice: an invocation whose
// outcome is unknown may have acted.
type Client struct {
	lambda   *lambda.Client
	function string
	region   string        // "" where AWS is told none, and for a local executor
	endpoint string        // "" for AWS
	token    func() string // nil for AWS
}

var _ call.Executor = (*Client)(nil)

// New makes a client. With an Endpoint it reads no AWS configuration at all:
// the default chain would look for instance metadata and stall.
func New(ctx context.Context, o Options) (*Client, error) {
	if o.Endpoint != "" {
		return &Client{lambda: lambda.New(local(o)), function: localFunction, endpoint: o.Endpoint, token: o.Token}, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("lambda: AWS configuration: %w", err)
	}
	return &Client{
		lambda:   lambda.NewFromConfig(cfg, func(lo *lambda.Options) { lo.Retryer = aws.NopRetryer{} }),
		function: o.Function,
		region:   cfg.Region,
	}, nil
}

func local(o Options) lambda.Options {
	return lambda.Options{
		BaseEndpoint: aws.String(o.Endpoint),
		Region:       "local",
		// SigV4 would occupy the Authorization header.
		Credentials: aws.AnonymousCredentials{},
		Retryer:     aws.NopRetryer{},
		HTTPClient:  o.Client,
	}
}

// Invoke sends one command. The error says whether the executor may have seen it.
func (c *Client) Invoke(ctx context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
	payload, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(cmd)
	if err != nil {
		return nil, &call.InvokeError{NotSent: true, Refused: true, Err: fmt.Errorf("lambda: command: %w", err)}
	}
	if len(payload) > maxPayload {
		return nil, &call.InvokeError{NotSent: true, Refused: true, Err: fmt.Errorf("lambda: command of %d bytes is over Lambda's limit of %d", len(payload), maxPayload)}
	}
	about, err := clientContext(cmd)
	if err != nil {
		return nil, &call.InvokeError{NotSent: true, Refused: true, Err: err}
	}
	var watch watched
	out, err := c.lambda.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String(c.function), Payload: payload, ClientContext: aws.String(about), LogType: types.LogTypeTail,
	}, c.shows, watch.over)
	switch {
	case err != nil && !watch.asked:
		return nil, &call.InvokeError{NotSent: true, Err: c.explainUnasked(err)}
	case err != nil:
		return nil, &call.InvokeError{NotSent: notSent(err), Busy: statusOf(err) == http.StatusTooManyRequests, Refused: tooLarge(err), Err: c.explain(err)}
	}
	if out.FunctionError != nil {
		return nil, &call.InvokeError{Err: functionError(out)}
	}
	result := &executorv1.Result{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(out.Payload, result); err != nil {
		return nil, &call.InvokeError{Err: fmt.Errorf("lambda: result: %w", err)}
	}
	return result, nil
}

// shows puts the token on an invocation of a local executor.
func (c *Client) shows(o *lambda.Options) {
	if c.token == nil {
		return
	}
	if token := c.token(); token != "" {
		o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue("Authorization", "Bearer "+token))
	}
}

// watched tells whether a client was asked to send anything. What the SDK does before,
// such as getting credentials, resolving the endpoint and signing, fails with errors
// without types, and some have the status of whom it asked for a role.
type watched struct {
	lambda.HTTPClient
	asked bool
}

func (w *watched) over(o *lambda.Options) { w.HTTPClient, o.HTTPClient = o.HTTPClient, w }

// Do implements lambda.HTTPClient.
func (w *watched) Do(r *http.Request) (*http.Response, error) {
	w.asked = true
	return w.HTTPClient.Do(r)
}

// explainUnasked names the settings behind an invocation that was not sent to anybody.
func (c *Client) explainUnasked(err error) error {
	switch {
	case c.endpoint != "":
		return c.explain(err)
	case c.region == "":
		return fmt.Errorf("lambda: EXECUTOR_FUNCTION=%s was not invoked: set AWS_REGION: %w", c.function, err)
	}
	return fmt.Errorf("lambda: EXECUTOR_FUNCTION=%s was not invoked in region %q: look at AWS_REGION, and whether tools has AWS credentials: "+
		"its task's role, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: %w", c.function, c.region, err)
}

// explain names the settings behind an invocation that got no answer, or was
// not let in.
func (c *Client) explain(err error) error {
	status := statusOf(err)
	switch {
	case c.endpoint == "":
		return fmt.Errorf("lambda: invoke: %w", err)
	case status == 0:
		return fmt.Errorf("lambda: %s: %w", reach.Explain("EXECUTOR_ENDPOINT", c.endpoint, err), err)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Errorf("lambda: the executor at EXECUTOR_ENDPOINT does not take this service's token: set TOOLS_TOKEN, or SERVICE_TOKEN, to the same for both: %w", err)
	}
	return fmt.Errorf("lambda: invoke: %w", err)
}

// functionError has the end of the function's log: only here is it looked at.
func functionError(out *lambda.InvokeOutput) error {
	if log := tail(aws.ToString(out.LogResult)); log != "" {
		return fmt.Errorf("lambda: function error: %s; its log ends: %s", aws.ToString(out.FunctionError), log)
	}
	return fmt.Errorf("lambda: function error: %s", aws.ToString(out.FunctionError))
}

// tooLarge: Lambda refuses such a command each time.
func tooLarge(err error) bool { return statusOf(err) == http.StatusRequestEntityTooLarge }

// statusOf is that of the answer to an invocation; 0 where there was none.
func statusOf(err error) int {
	var status interface{ HTTPStatusCode() int }
	if !errors.As(err, &status) {
		return 0
	}
	return status.HTTPStatusCode()
}

// notSent tells whether the function can't have run: no connection was made, no
// TLS on it, or Lambda refused the invocation before it started.
func notSent(err error) bool {
	status := statusOf(err)
	return reach.NotSent(err) || status >= 400 && status < 500
}
