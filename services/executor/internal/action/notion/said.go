package notion

import "encoding/json"

// message is what Notion says in a refusal: the error's code and its sentence.
//
// Source: https://developers.notion.com/reference/status-codes
func message(body []byte) string {
	var said struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	if said.Code == "" || said.Message == "" {
		return said.Code + said.Message
	}
	return said.Code + ": " + said.Message
}
