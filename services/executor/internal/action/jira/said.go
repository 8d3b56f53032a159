package jira

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// message is what Jira says in a refusal: its sentences, and those about fields
// with the field's name. Gateways answer with one message, or a page that says nothing.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#status-codes
func message(body []byte) string {
	var said struct {
		ErrorMessages []string          `json:"errorMessages"`
		Errors        map[string]string `json:"errors"`
		Message       string            `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	all := said.ErrorMessages
	for _, field := range slices.Sorted(maps.Keys(said.Errors)) {
		all = append(all, field+": "+said.Errors[field])
	}
	if said.Message != "" {
		all = append(all, said.Message)
	}
	return strings.Join(all, "; ")
}
