package ledger

// Touched returns the keys of the rows that entries touched, each once, in the
// order of the entries.
func Touched(entries []Entry) Keys {
	t := touched{events: make(map[string]bool), entities: make(map[string]bool), links: make(map[LinkKey]bool), observations: make(map[ObservationKey]bool)}
	for _, e := range entries {
		t.take(e)
	}
	return t.keys
}

type touched struct {
	keys         Keys
	events       map[string]bool
	entities     map[string]bool
	links        map[LinkKey]bool
	observations map[ObservationKey]bool
}

func (t *touched) take(e Entry) {
	// An event never changes: only what makes or forgets it touches it.
	if e.Kind == "opened" || e.Kind == "forgotten" {
		once(t.events, &t.keys.Events, e.EventID)
	}
	for _, entity := range e.Delta.Entities {
		once(t.entities, &t.keys.Entities, entity.Ref)
	}
	for _, l := range e.Delta.Links {
		once(t.links, &t.keys.Links, LinkKey{From: l.From, Where: l.Where, To: l.To, Kind: l.Kind, Authn: e.Authn})
	}
	for _, o := range e.Delta.Observations {
		once(t.observations, &t.keys.Observations, ObservationKey{Subject: o.Subject, Name: o.Name, SubKey: o.SubKey})
	}
}

func once[K comparable](seen map[K]bool, list *[]K, key K) {
	if !seen[key] {
		seen[key] = true
		*list = append(*list, key)
	}
}

// Len is how many keys there are.
func (k Keys) Len() int {
	return len(k.Events) + len(k.Entities) + len(k.Links) + len(k.Observations)
}

// Of returns the keys of some tables.
func (k Keys) Of(tables []Table) (of Keys) {
	for _, t := range tables {
		switch t {
		case Events:
			of.Events = k.Events
		case Entities:
			of.Entities = k.Entities
		case Links:
			of.Links = k.Links
		case Observations:
			of.Observations = k.Observations
		}
	}
	return of
}

// Halves splits keys into two parts, neither empty where there are two keys at least.
func (k Keys) Halves() [2]Keys {
	var halves [2]Keys
	half := k.Len() / 2
	halves[0].Events, halves[1].Events, half = split(k.Events, half)
	halves[0].Entities, halves[1].Entities, half = split(k.Entities, half)
	halves[0].Links, halves[1].Links, half = split(k.Links, half)
	halves[0].Observations, halves[1].Observations, _ = split(k.Observations, half)
	return halves
}

func split[K any](list []K, at int) (first, second []K, left int) {
	n := min(at, len(list))
	return list[:n], list[n:], at - n
}

// Shares tells whether any key is in both.
func (k Keys) Shares(o Keys) bool {
	return len(without(k.Events, o.Events)) < len(k.Events) || len(without(k.Entities, o.Entities)) < len(k.Entities) ||
		len(without(k.Links, o.Links)) < len(k.Links) || len(without(k.Observations, o.Observations)) < len(k.Observations)
}

// Keys returns the rows' keys.
func (r Rows) Keys() Keys {
	var k Keys
	for _, e := range r.Events {
		k.Events = append(k.Events, e.ID)
	}
	for _, e := range r.Entities {
		k.Entities = append(k.Entities, e.Ref)
	}
	for _, l := range r.Links {
		k.Links = append(k.Links, LinkKey{From: l.From, Where: l.Where, To: l.To, Kind: l.Kind, Authn: l.Authn})
	}
	for _, o := range r.Observations {
		k.Observations = append(k.Observations, ObservationKey{Subject: o.Subject, Name: o.Name, SubKey: o.SubKey})
	}
	return k
}

// Len is how many rows there are.
func (r Rows) Len() int {
	return len(r.Events) + len(r.Entities) + len(r.Links) + len(r.Observations)
}

// Without returns the keys that rows has no row of.
func (k Keys) Without(rows Rows) Keys {
	have := rows.Keys()
	return Keys{
		Events:       without(k.Events, have.Events),
		Entities:     without(k.Entities, have.Entities),
		Links:        without(k.Links, have.Links),
		Observations: without(k.Observations, have.Observations),
	}
}

func without[K comparable](list, have []K) (left []K) {
	known := make(map[K]bool, len(have))
	for _, key := range have {
		known[key] = true
	}
	for _, key := range list {
		if !known[key] {
			left = append(left, key)
		}
	}
	return left
}
