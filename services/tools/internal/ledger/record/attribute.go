package record

import "slices"

// changesKept is how many changes of an attribute are kept, the newest: as many times
// may our own account have changed what somebody else did before, and that is still seen.
const changesKept = 8

// merge brings what is told of an attribute together with what is known, to the same
// in whatever order both come: the later version's value, and the newest changes of
// both. Slices are shared between attributes, and never changed.
func (a Attribute) merge(told Attribute) (merged Attribute, differs bool) {
	merged, differs = a, told.beats(a)
	if differs {
		merged = told
	}
	merged.Changes = a.Changes
	for _, v := range told.Changes {
		if !slices.Contains(merged.Changes, v) {
			merged.Changes = newest(append(slices.Clone(merged.Changes), v))
		}
	}
	return merged, differs || !slices.Equal(merged.Changes, a.Changes)
}

func newest(list []Version) []Version {
	slices.SortFunc(list, Version.compare)
	return list[max(0, len(list)-changesKept):]
}
