package provider

// Object is a thing that a provider keeps, for people.
type Object struct {
	// Ref names it as Switchyard does, where it has a name: github:pr:acme/api#42.
	Ref   string
	Kind  string
	Title string
	// State is a status, a conclusion; "" where it has none.
	State string
	// Facts are further ones, in their order.
	Facts []Fact
	// Text is what people wrote or were told.
	Text string
	// Anchor is its place on a page, such as issuecomment-1; "" without one.
	Anchor string
	// Parts belong to it: the comments of an issue.
	Parts []Object
}

// Fact is a named value of an object.
type Fact struct{ Name, Value string }

// facts leaves out those that have no value.
func facts(pairs ...string) []Fact {
	var out []Fact
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, Fact{pairs[i], pairs[i+1]})
		}
	}
	return out
}
