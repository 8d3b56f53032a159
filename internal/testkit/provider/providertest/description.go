package providertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

// variable names the folder with the descriptions: github.json, jira.json,
// notion.json, slack.json, and examples/ with recorded answers.
const variable = "SWITCHYARD_OPENAPI"

// description is a provider's OpenAPI description.
type description struct {
	router  routers.Router
	options *openapi3filter.Options
}

// Check checks requests against the description of a provider, such as github.
// Where there is no folder of descriptions it says so, and returns nil: the
// fake's own checks hold then, and no others.
func Check(t testing.TB, name string) provider.Check {
	t.Helper()
	if d := open(t, name); d != nil {
		return d.request
	}
	return nil
}

// loaded has the descriptions by file: each takes a tenth of a second to load.
var loaded sync.Map //nolint:gochecknoglobals // read-only files, loaded once for all tests of a process

// open loads a description with the settings under which the real ones load.
func open(t testing.TB, name string) *description {
	t.Helper()
	folder := os.Getenv(variable)
	if d, ok := loaded.Load(folder + "/" + name); ok {
		return d.(*description)
	}
	if folder == "" {
		t.Logf("NOT TESTED: requests to %s against its own description: %s names no folder with %s.json", name, variable, name)
		return nil
	}
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(folder, name+".json"))
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	doc.Servers = nil
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatalf("%s: %s.json: %v", variable, name, err)
	}
	d := &description{router: router, options: &openapi3filter.Options{
		AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc,
		SkipSettingDefaults:               true,
		RejectWhenRequestBodyNotSpecified: true,
		SchemaValidationOptions:           []openapi3.SchemaValidationOption{openapi3.EnableFormatValidation()},
	}}
	loaded.Store(folder+"/"+name, d)
	return d
}

func (d *description) input(r *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		r.Body = http.NoBody
	}
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		return nil, fmt.Errorf("the description has no such operation: %w", err)
	}
	return &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: d.options}, nil
}

func (d *description) request(r *http.Request, body []byte) error {
	in, err := d.input(r, body)
	if err != nil {
		return err
	}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
		return fmt.Errorf("breaks the provider's description: %s", short(err))
	}
	return nil
}

// response checks an answer: what a fake says has the shape of what the provider would.
func (d *description) response(r *http.Request, body []byte, status int, header http.Header, answer []byte) error {
	in, err := d.input(r, body)
	if err != nil {
		return err
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: status, Header: header, Options: d.options}
	if err := openapi3filter.ValidateResponse(r.Context(), out.SetBodyBytes(answer)); err != nil {
		return fmt.Errorf("the answer breaks the provider's description: %s", short(err))
	}
	return nil
}

// short leaves out the schema and the value, which may be a hundred pages.
func short(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(line)
		if line == "Schema:" || line == "" {
			break
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, " ")
}

// Example makes a recorded answer of the folder's examples a fault: it is
// answered instead of what the fake has. The name is github/create-comment-201.
// Without the folder the test is skipped, loudly.
func Example(t testing.TB, name string) provider.Fault {
	t.Helper()
	folder := os.Getenv(variable)
	if folder == "" {
		t.Skipf("NOT TESTED with recorded answers: %s names no folder with examples/%s.json", variable, name)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "examples", filepath.FromSlash(name)+".json"))
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	var recorded struct {
		Response struct {
			Status  int
			Headers map[string]string
			Body    json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatalf("%s: %s: %v", variable, name, err)
	}
	header := http.Header{}
	for key, value := range recorded.Response.Headers {
		header.Set(key, value)
	}
	return provider.Fault{Name: "recorded " + name, Status: recorded.Response.Status, Header: header, Body: recorded.Response.Body}
}
