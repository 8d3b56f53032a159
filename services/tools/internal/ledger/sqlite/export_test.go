package sqlite

// Looks are the statements that look every second for what is due and for what ran out.
func Looks() (due, expired string) { return selectDue.text(), selectExpired.text() }

// Made asks for what was made.
func Made() string { return selectMade.text() }

// Spending are the statements that count what budgets bound.
func Spending() (byActor, inPlace string) {
	return selectSpentByActor.text(), selectSpentInPlace.text()
}
