/** Cuts a PartiQL statement into tokens; comments and white space go. */
import { validationError, type ServiceError } from '../model/service-error.ts';

export type PartiqlTokenKind = 'word' | 'quoted' | 'string' | 'number' | 'ion' | 'symbol' | 'end';

export interface PartiqlToken {
  readonly kind: PartiqlTokenKind;
  /** What stands between the quotes, where there are any. */
  readonly text: string;
  /** Offsets in the statement. */
  readonly start: number;
  readonly end: number;
}

/** White space and comments; a block comment that is not closed is none. */
const SKIPPED = /(?:\s+|--[^\n]*|\/\*[^]*?\*\/)+/y;
const WORD = /[A-Za-z_$][A-Za-z0-9_$]*/y;
const NUMBER = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const SYMBOL = /<<|>>|<=|>=|<>|!=|\|\||[-=<>+*%?()[\]{},.:;]/y;
/** A quote inside is written twice. */
const QUOTED = /'((?:[^']|'')*)'|"((?:[^"]|"")*)"|`([^`]*)`/y;
const NUMBER_GOES_ON = /[A-Za-z0-9_$.]/;
const SCALE_MAX = 2 ** 31 - 1;

/** @throws {ServiceError} ValidationException at what is no token of the language. */
export function tokenisePartiql(statement: string): PartiqlToken[] {
  const tokens: PartiqlToken[] = [];
  let start = 0;
  for (;;) {
    start += matchAt(SKIPPED, statement, start)?.[0].length ?? 0;
    if (start === statement.length) break;
    const token = tokenAt(statement, start);
    tokens.push(token);
    start = token.end;
  }
  tokens.push({ kind: 'end', text: '', start, end: start });
  return tokens;
}

export function malformed(detail: string): ServiceError {
  return validationError(`Statement wasn't well formed, can't be processed: ${detail}`);
}

function tokenAt(statement: string, start: number): PartiqlToken {
  const word = matchAt(WORD, statement, start);
  if (word !== undefined) return { kind: 'word', text: word[0], start, end: start + word[0].length };
  const quoted = matchAt(QUOTED, statement, start);
  if (quoted !== undefined) return { ...unquoted(quoted), start, end: start + quoted[0].length };
  const number = matchAt(NUMBER, statement, start);
  if (number !== undefined) {
    const end = start + number[0].length;
    if (NUMBER_GOES_ON.test(statement[end] ?? '') || !hasScale(number[0])) throw malformed('');
    return { kind: 'number', text: number[0], start, end };
  }
  const symbol = matchAt(SYMBOL, statement, start);
  if (symbol === undefined) throw malformed('');
  return { kind: 'symbol', text: symbol[0], start, end: start + symbol[0].length };
}

function unquoted(match: RegExpExecArray): Pick<PartiqlToken, 'kind' | 'text'> {
  const [, string, quoted, ion] = match;
  if (string !== undefined) return { kind: 'string', text: string.replaceAll("''", "'") };
  if (quoted !== undefined) return { kind: 'quoted', text: quoted.replaceAll('""', '"') };
  return { kind: 'ion', text: ion ?? '' };
}

/** DynamoDB reads numbers whose exponent and scale fit 32 bits; whether the number itself is in range is said later. */
function hasScale(number: string): boolean {
  const [mantissa = '', exponent = '0'] = number.split(/[eE]/);
  const fraction = mantissa.split('.')[1] ?? '';
  return Math.abs(Number(exponent)) <= SCALE_MAX && Math.abs(fraction.length - Number(exponent)) <= SCALE_MAX;
}

function matchAt(pattern: RegExp, statement: string, start: number): RegExpExecArray | undefined {
  pattern.lastIndex = start;
  return pattern.exec(statement) ?? undefined;
}
