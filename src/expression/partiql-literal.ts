/** Literals of PartiQL statements as attribute values: 'text', numbers, booleans, NULL, [lists], {'maps': …} and <<sets>>. */
import { emptyItem, type AttributeValue, type Item } from '../model/attribute-value.ts';
import { normaliseNumber } from '../model/decimal.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import type { PartiqlToken } from './partiql-lexer.ts';
import type { StatementReader } from './statement-reader.ts';

/** Values inside each other, the attribute's own value counted. */
const NESTING_MAX = 32;
const ROOT = 'root';

export function isLiteralNext({ token }: StatementReader): boolean {
  switch (token.kind) {
    case 'string':
    case 'number':
    case 'ion':
      return true;
    case 'word':
      return /^(?:true|false|null|missing)$/i.test(token.text);
    case 'symbol':
      return ['[', '{', '<<', '+', '-'].includes(token.text);
    default:
      return false;
  }
}

/** @param path of the value inside its attribute, as messages name it. */
export function parseLiteral(reader: StatementReader, path: string = ROOT, depth: number = 1): AttributeValue {
  // Thrown at once, so that the recursion has an end.
  if (depth > NESTING_MAX) throw validationError(`Nesting Levels have exceeded supported limits under ${path}`);
  const { token } = reader;
  if (token.kind === 'string') return { S: reader.advance().text };
  if (token.kind === 'ion') {
    reader.faultAt(`Ion Literals are not supported: ${token.text} under key ${path}`, reader.advance());
    return { NULL: true };
  }
  if (token.kind === 'word') return parseWord(reader, path);
  if (reader.takeSymbol('[')) return { L: parseElements(reader, ']', path, depth) };
  if (reader.takeSymbol('{')) {
    return { M: parseMembers(reader, (name) => parseLiteral(reader, `${path}.${name}`, depth + 1), path) };
  }
  if (reader.takeSymbol('<<')) return parseBag(reader, path, depth);
  return { N: canonicalNumber(reader, parseNumber(reader, path), path) };
}

/** The item of an INSERT: only here parameters may stand inside braces, one for a whole attribute. */
export function parseItemLiteral(reader: StatementReader): Item {
  reader.expectSymbol('{');
  return parseMembers(reader, () => (reader.isSymbol('?') ? reader.parameter() : parseLiteral(reader)), ROOT);
}

function parseWord(reader: StatementReader, path: string): AttributeValue {
  if (reader.takeKeyword('TRUE')) return { BOOL: true };
  if (reader.takeKeyword('FALSE')) return { BOOL: false };
  if (reader.takeKeyword('NULL')) return { NULL: true };
  if (reader.takeKeyword('MISSING')) {
    reader.fault('MISSING must be compared using IS operator');
    return { NULL: true };
  }
  return unsupported(reader, 'VariableReference', path);
}

/** What stands inside a literal and is none. */
function unsupported(reader: StatementReader, type: string, path: string): AttributeValue {
  const { token } = reader;
  if (type === 'Parameter') reader.parameter();
  else reader.path();
  reader.faultAt(`Unsupported data type: ${type} under key ${path}`, token);
  return { NULL: true };
}

function parseElements(reader: StatementReader, end: string, path: string, depth: number): AttributeValue[] {
  const elements: AttributeValue[] = [];
  if (reader.takeSymbol(end)) return elements;
  do elements.push(parseLiteral(reader, `${path}[${elements.length}]`, depth + 1));
  while (reader.takeSymbol(','));
  reader.expectSymbol(end);
  return elements;
}

function parseMembers(reader: StatementReader, parseMember: (name: string) => AttributeValue, path: string): Item {
  const members = emptyItem();
  if (reader.takeSymbol('}')) return members;
  do {
    const { token } = reader;
    if (token.kind !== 'string') {
      if (token.kind === 'end') throw reader.unexpected();
      const type = token.kind === 'number' ? 'Literal' : 'VariableReference';
      reader.fault(`Tuple keys must be of type String. Actual type: ${type} under ${path}`);
    }
    const { text: name } = reader.advance();
    reader.expectSymbol(':');
    const value = parseMember(name);
    if (Object.hasOwn(members, name)) reader.fault(`Duplicate keys in tuple. Key: ${name} under ${path}`);
    members[name] = value;
  } while (reader.takeSymbol(','));
  reader.expectSymbol('}');
  return members;
}

function parseBag(reader: StatementReader, path: string, depth: number): AttributeValue {
  const strings: string[] = [];
  const numbers: string[] = [];
  if (reader.takeSymbol('>>')) {
    reader.fault('Empty bags are not supported');
    return { NULL: true };
  }
  do {
    if (reader.token.kind === 'string') strings.push(reader.advance().text);
    else if (isNumberNext(reader.token)) numbers.push(parseNumber(reader, path));
    else {
      parseLiteral(reader, path, depth + 1);
      noteMixedBag(reader);
    }
  } while (reader.takeSymbol(','));
  reader.expectSymbol('>>');
  if (strings.length > 0 && numbers.length > 0) noteMixedBag(reader);
  if (numbers.length === 0) {
    noteDuplicates(reader, strings, strings, '.');
    return { SS: strings };
  }
  const canonical = numbers.map((number) => canonicalNumber(reader, number, path));
  noteDuplicates(reader, numbers, canonical, `! under ${path}`);
  return { NS: canonical };
}

function noteMixedBag(reader: StatementReader): void {
  reader.fault('Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags');
}

function noteDuplicates(
  reader: StatementReader,
  written: readonly string[],
  canonical: readonly string[],
  ending: string,
): void {
  if (new Set(canonical).size === canonical.length) return;
  const collection = `Input collection [${written.join(', ')}] contains duplicates${ending}`;
  reader.fault(`One or more parameter values were invalid: ${collection}`);
}

function isNumberNext({ kind, text }: PartiqlToken): boolean {
  return kind === 'number' || (kind === 'symbol' && (text === '+' || text === '-'));
}

/** A number with any signs in front of it, as written but for those. */
function parseNumber(reader: StatementReader, path: string): string {
  let isNegative = false;
  while (isNumberNext(reader.token) && reader.token.kind === 'symbol') {
    if (reader.advance().text === '-') isNegative = !isNegative;
  }
  if (reader.token.kind !== 'number') {
    if (!reader.isSymbol('?') && !reader.isNameNext) throw reader.unexpected();
    unsupported(reader, reader.isSymbol('?') ? 'Parameter' : 'VariableReference', path);
    return '0';
  }
  return (isNegative ? '-' : '') + reader.advance().text;
}

function canonicalNumber(reader: StatementReader, text: string, path: string): string {
  try {
    return normaliseNumber(text);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    reader.fault(`${error.message} under ${path}`);
    return '0';
  }
}
