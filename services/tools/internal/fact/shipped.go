package fact

import (
	"slices"
	"strings"
)

// Shipment is the first successful deployment of a change to an environment.
type Shipment struct {
	Deployment
	Change    string
	Certainty string
}

// Shipments returns, of each change, the first successful deployment to each
// environment that has it, changes in their order and environments by name.
func Shipments(changes []Change, deployments []Deployment, lineage *Lineage) []Shipment {
	environments := make(map[string][]Deployment)
	for _, d := range deployments {
		if d.Succeeded() {
			environments[d.Environment] = append(environments[d.Environment], d)
		}
	}
	var list []Shipment
	for _, c := range changes {
		begin := len(list)
		for _, there := range environments {
			if d, certainty, ok := lineage.First(there, c); ok {
				list = append(list, Shipment{d, c.Ref, certainty})
			}
		}
		slices.SortFunc(list[begin:], func(a, b Shipment) int { return strings.Compare(a.Environment, b.Environment) })
	}
	return list
}
