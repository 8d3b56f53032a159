package project

// whereUnsigned is where a link of an event stands that nothing signs, whatever
// its text: apart from those that signed events told of the same text.
const whereUnsigned = "unsigned"

// Unsigned is what may be remembered of an event that only a token vouches for.
// Whoever holds the token wrote all of it, the names of its writers included:
// its links name none, so that policy trusts none of them; it confirms no
// entity; and it tells no place's visibility. Else it would choose what a
// signed event acts on later.
func (d Delta) Unsigned() Delta {
	told := Delta{Observations: d.Observations}
	for _, e := range d.Entities {
		e.Stub = true
		var attributes []Attribute
		for _, a := range e.Attributes {
			if a.Name != "visibility" {
				attributes = append(attributes, a)
			}
		}
		e.Attributes = attributes
		told.Entities = append(told.Entities, e)
	}
	for _, l := range d.Links {
		l.Where, l.Author, l.Editor = whereUnsigned, nil, nil
		told.Links = append(told.Links, l)
	}
	return told
}
