// Package answer is the table of what ingress answers: one word, one status
// code and one fixed sentence for each refusal, and the agent's answer as JSON.
package answer
