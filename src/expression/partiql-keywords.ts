/** Words of the grammar, which name an attribute or a table only in double quotes. */

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'AND AS ASC BETWEEN BY CASE CAST CREATE CROSS DELETE DESC DISTINCT DROP EXISTS FALSE FROM GROUP HAVING IN INSERT INTO IS ' +
    'JOIN LIKE LIMIT MISSING NOT NULL OR ORDER OUTER PIVOT REMOVE RETURNING SELECT SET THEN TRUE UNION UNPIVOT UPDATE VALUE ' +
    'VALUES WHEN WHERE'
  ).split(' '),
);

const OPERATOR_KEYWORDS: ReadonlySet<string> = new Set(['AND', 'OR', 'IS', 'IN', 'LIKE', 'BETWEEN']);

export function isPartiqlKeyword(word: string): boolean {
  return KEYWORDS.has(word.toUpperCase());
}

export function isOperatorKeyword(word: string): boolean {
  return OPERATOR_KEYWORDS.has(word.toUpperCase());
}
