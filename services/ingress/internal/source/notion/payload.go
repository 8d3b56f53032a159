package notion

import (
	"encoding/json"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// payload is Notion's envelope.
// Source: developers.notion.com, "Event types & delivery" and "Webhook events".
type payload struct {
	ID          source.NativeID `json:"id"`
	Timestamp   source.Time     `json:"timestamp"`
	WorkspaceID string          `json:"workspace_id"`
	Type        string          `json:"type"`
	Authors     []object        `json:"authors"`
	Attempt     int32           `json:"attempt_number"`
	APIVersion  string          `json:"api_version"`
	Entity      object          `json:"entity"`
	Data        struct {
		PageID            string     `json:"page_id"`
		Parent            parent     `json:"parent"`
		UpdatedProperties []property `json:"updated_properties"`
	} `json:"data"`
}

type object struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

type parent struct {
	object
	DataSourceID string `json:"data_source_id"`
}

// property is the id of a property: a string, or an object that has one.
type property string

// UnmarshalJSON never fails. Names are not read: people choose them.
func (p *property) UnmarshalJSON(b []byte) error {
	*p = ""
	var id string
	if json.Unmarshal(b, &id) != nil {
		var o object
		_ = json.Unmarshal(b, &o) // neither: no id
		id = o.ID
	}
	*p = property(source.Printable(id, 100))
	return nil
}
