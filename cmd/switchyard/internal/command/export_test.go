package command

// RulesHelp is the help of `switchyard rules`.
func RulesHelp() string { return rulesCommand{}.Help() }

// RulesTrialHelp is the help of `switchyard rules test`.
func RulesTrialHelp() string { return testRulesCommand{}.Help() }
