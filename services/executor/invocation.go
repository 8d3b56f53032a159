package executor

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/switchyard-dev/switchyard/services/executor/internal/command"
)

// payloadLimit is AWS Lambda's own for a synchronous invocation, 6 MB.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const payloadLimit = 6 << 20

// serveInvocation answers as AWS Lambda's Invoke does, so that the same client
// speaks to both: a function's error is HTTP 200 with a header of its own.
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (e *Executor) serveInvocation(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "InvalidRequestException", "invocations are sent with POST")
		return
	}
	if !e.slots.enter() {
		busy(w, "too many invocations in flight: EXECUTOR_MAX_IN_FLIGHT bounds them")
		return
	}
	defer e.slots.leave()
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, payloadLimit))
	if err != nil {
		refuseBody(w, err)
		return
	}
	key, err := command.EffectKeyOf(r.Header.Get("X-Amz-Client-Context"))
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestContentException", "X-Amz-Client-Context is no JSON in base64")
		return
	}
	provider := providerIn(payload)
	if !e.slots.enterAt(provider) {
		busy(w, "too many invocations in flight for "+provider+": its share of EXECUTOR_MAX_IN_FLIGHT bounds them")
		return
	}
	defer e.slots.leaveAt(provider)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	result, err := e.Invoke(command.From(r.Context(), command.Caller{EffectKey: key}), payload)
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		result = functionError(err)
	}
	// A client that went away takes the outcome for unknown.
	_, _ = w.Write(result)
}

func refuseBody(w http.ResponseWriter, err error) {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", "the payload is larger than 6 MB")
		return
	}
	refuse(w, http.StatusBadRequest, "InvalidRequestContentException", "the payload could not be read")
}

// busy answers a request that there is no slot for.
func busy(w http.ResponseWriter, message string) {
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusTooManyRequests, "TooManyRequestsException", message)
}

// refuse answers a request that did not reach the function.
func refuse(w http.ResponseWriter, code int, errorType, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", errorType)
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"Type": "User", "message": message})
}

// functionError is what the Lambda runtime reports for a handler that fails.
func functionError(err error) []byte {
	body, merr := json.Marshal(map[string]string{"errorMessage": err.Error(), "errorType": "errorString"})
	if merr != nil {
		return []byte(`{"errorMessage":"unknown","errorType":"errorString"}`)
	}
	return body
}
