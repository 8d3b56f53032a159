// Package notion turns Notion's webhook bodies into events. They are signals:
// what a page says is never in them.
package notion
