// Package lexicon finds the class of a text by the words in it: a fixed table
// of English words and phrases, each of which speaks for a class or against it.
package lexicon
