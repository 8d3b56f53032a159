// Package action is what the executor does at a provider: one action per tool.
package action
