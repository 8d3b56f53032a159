package rule

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// template is a text with expressions in it, bounded in runes.
type template struct {
	pieces []piece
	limit  int
	source string
}

// piece is a literal, or an expression where expr is set.
type piece struct {
	literal string
	expr    *scalar
}

func (c *compiler) template(source string, limit int) (*template, error) {
	t := &template{limit: limit, source: source}
	for rest := source; rest != ""; {
		from := len(source) - len(rest)
		literal, expression, after, err := cutExpression(rest)
		if err != nil {
			return nil, misplaced{offset: from + strings.Index(rest, "${"), err: err}
		}
		if literal != "" {
			t.pieces = append(t.pieces, piece{literal: literal})
		}
		if expression != "" {
			expr, err := c.scalar(expression)
			if err != nil {
				begin := from + len(literal) + strings.Index(rest[len(literal):], expression)
				if in, ok := errors.AsType[misplaced](err); ok {
					begin += in.offset
				}
				return nil, misplaced{offset: begin, err: fmt.Errorf("${%s}: %w", expression, err)}
			}
			t.pieces = append(t.pieces, piece{expr: expr})
		}
		rest = after
	}
	return t, nil
}

// text is the template's text for an event, cut to its limit.
func (t *template) text(env *environment) (string, error) {
	var b strings.Builder
	for _, p := range t.pieces {
		if p.expr == nil {
			b.WriteString(p.literal)
			continue
		}
		s, err := p.expr.text(env)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return cut(strings.ToValidUTF8(b.String(), "\uFFFD"), t.limit), nil
}

// cut keeps at most limit runes, the last of them an ellipsis where some went.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}

// cutExpression splits s at its first ${…}: what stands before it, what stands
// in it, and what comes after. $${ is a literal ${.
func cutExpression(s string) (literal, expression, after string, err error) {
	start := strings.Index(s, "${")
	if start < 0 {
		return s, "", "", nil
	}
	if start > 0 && s[start-1] == '$' {
		return s[:start-1] + "${", "", s[start+2:], nil
	}
	length := expressionLength(s[start+2:])
	if length < 0 {
		return "", "", "", errors.New("${ is not closed by }")
	}
	expression = strings.TrimSpace(s[start+2 : start+2+length])
	if expression == "" {
		return "", "", "", errors.New("${} is empty")
	}
	return s[:start], expression, s[start+2+length+1:], nil
}

// expressionLength finds the } that closes an expression, past those of map
// literals and inside strings; -1 where there is none.
func expressionLength(s string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return i
		case c == '}':
			depth--
		}
	}
	return -1
}
