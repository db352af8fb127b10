/**
 * Turns the JSON of a request into attribute values: checks everything that DynamoDB checks, with its messages, and
 * normalises what has several spellings (numbers), so that all layers behind compare texts. Members that the API does
 * not know and members that are null count as absent, as in DynamoDB's own protocol layer.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
 */
import { emptyItem, type AttributeType, type AttributeValue, type Item } from './attribute-value.ts';
import { normaliseNumber } from './decimal.ts';
import { ServiceError, validationError } from './service-error.ts';

/** Values inside each other, the attribute's own value counted. */
const NESTING_MAX = 32;

const EMPTY_VALUE = 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes';
const SEVERAL_TYPES =
  'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes';
const TOO_DEEP =
  'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit';
const MAP_CLASS = 'java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * @throws {ServiceError} SerializationException where the JSON has the wrong shape, ValidationException where the value
 *   is not one that DynamoDB stores.
 */
export function parseAttributeValue(json: unknown): AttributeValue {
  return parseValue(json, 1);
}

/** The same for the attributes of an item or a key. */
export function parseItem(json: unknown): Item {
  return parseMap(json, 0);
}

function parseValue(json: unknown, depth: number): AttributeValue {
  if (json === null || json === undefined) throw validationError(EMPTY_VALUE);
  if (typeof json !== 'object') throw serializationError('Unexpected value type in payload');
  if (Array.isArray(json)) {
    throw serializationError('Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue');
  }
  if (depth > NESTING_MAX) throw validationError(TOO_DEEP);
  let parsed: AttributeValue | undefined;
  for (const type in json) {
    const member = (json as Record<string, unknown>)[type];
    if (!Object.hasOwn(parsers, type) || member === null || member === undefined) continue;
    const value = parsers[type as AttributeType](member, depth);
    if (parsed !== undefined) throw validationError(SEVERAL_TYPES);
    parsed = value;
  }
  if (parsed === undefined) throw validationError(EMPTY_VALUE);
  return parsed;
}

const parsers: Record<AttributeType, (json: unknown, depth: number) => AttributeValue> = {
  S: (json) => ({ S: text(json) }),
  N: (json) => ({ N: normaliseNumber(text(json)) }),
  B: (json) => ({ B: base64(json) }),
  BOOL: (json) => ({ BOOL: boolean(json) }),
  NULL(json) {
    if (boolean(json)) return { NULL: true };
    throw invalidValue('Null attribute value types must have the value of true');
  },
  SS(json) {
    const members = list(json).map((member) => text(setMember(member, 'string')));
    if (members.length === 0) throw invalidValue('An string set  may not be empty');
    if (hasDuplicates(members)) {
      throw invalidValue(`Input collection [${members.join(', ')}] contains duplicates.`);
    }
    return { SS: members };
  },
  NS(json) {
    const texts = list(json).map((member) => text(setMember(member, 'number')));
    if (texts.length === 0) throw invalidValue('An number set  may not be empty');
    const members = texts.map(normaliseNumber);
    if (hasDuplicates(members)) throw validationError('Input collection contains duplicates');
    return { NS: members };
  },
  BS(json) {
    const members = list(json).map((member) => base64(setMember(member, 'binary')));
    if (members.length === 0) throw invalidValue('Binary sets should not be empty');
    if (hasDuplicates(members)) {
      throw invalidValue(`Input collection [${members.join(', ')}]of type BS contains duplicates.`);
    }
    return { BS: members };
  },
  L: (json, depth) => ({ L: list(json).map((element) => parseValue(element, depth + 1)) }),
  M: (json, depth) => ({ M: parseMap(json, depth) }),
};

function parseMap(json: unknown, depth: number): Item {
  if (typeof json !== 'object' || json === null) throw serializationError('Unexpected field type');
  if (Array.isArray(json)) throw serializationError(`Unrecognized collection type ${MAP_CLASS}`);
  const item = emptyItem();
  for (const name of Object.keys(json)) item[name] = parseValue((json as Record<string, unknown>)[name], depth + 1);
  return item;
}

/**
 * Checks a value that comes to stand inside others.
 *
 * @param level of the value: 1 for an attribute's own.
 * @throws {ServiceError} ValidationException when something in it would stand below the nesting limit.
 */
export function checkNesting(value: AttributeValue, level: number): void {
  if (level > NESTING_MAX) throw validationError(TOO_DEEP);
  if ('L' in value) for (const element of value.L) checkNesting(element, level + 1);
  if ('M' in value) for (const name in value.M) checkNesting(value.M[name] as AttributeValue, level + 1);
}

function text(json: unknown): string {
  if (typeof json === 'string') return json;
  if (typeof json === 'object') throw structureError(json, 'java.lang.String');
  const token = typeof json === 'boolean' ? (json ? 'TRUE_VALUE' : 'FALSE_VALUE') : numberToken(json);
  throw serializationError(`${token} cannot be converted to String`);
}

/** Texts that mean a boolean are taken, as DynamoDB does. */
function boolean(json: unknown): boolean {
  if (typeof json === 'boolean') return json;
  if (typeof json === 'number') throw serializationError(`${numberToken(json)} cannot be converted to Boolean`);
  if (typeof json !== 'string') throw structureError(json, 'java.lang.Boolean');
  const upper = json.toUpperCase();
  if (upper === 'TRUE' || upper === '1' || upper === 'YES') return true;
  if (upper === 'FALSE' || upper === '0' || upper === 'NO') return false;
  throw serializationError('Unexpected token received from parser');
}

function base64(json: unknown): string {
  if (typeof json === 'object') throw structureError(json, 'java.nio.ByteBuffer');
  if (typeof json !== 'string') throw serializationError('only base-64-encoded strings are convertible to bytes');
  if (json.length % 4 !== 0) {
    throw serializationError(`Base64 encoded length is expected a multiple of 4 bytes but found: ${json.length}`);
  }
  if (!BASE64.test(json)) {
    const invalid = json.search(/[^A-Za-z0-9+/=]/);
    throw serializationError(
      invalid === -1
        ? 'Invalid last non-pad Base64 character dectected'
        : `Invalid Base64 character: '${json[invalid] as string}'`,
    );
  }
  // The unused bits in front of the padding must be zero, or one value would have several texts.
  if (json.endsWith('=') && Buffer.from(json.slice(-4), 'base64').toString('base64') !== json.slice(-4)) {
    throw serializationError('Invalid last non-pad Base64 character dectected');
  }
  return json;
}

function list(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json;
  if (typeof json === 'object') throw serializationError('Start of structure or map found where not expected');
  throw serializationError('Unexpected field type');
}

function setMember(json: unknown, kind: 'string' | 'number' | 'binary'): unknown {
  if (json !== null) return json;
  throw invalidValue(`An ${kind} set may not have a null ${kind} as a member`);
}

function hasDuplicates(members: readonly string[]): boolean {
  return members.length > 1 && new Set(members).size !== members.length;
}

function numberToken(json: unknown): string {
  return Number.isInteger(json) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
}

function structureError(json: unknown, javaClass: string): ServiceError {
  return serializationError(
    Array.isArray(json)
      ? `Unrecognized collection type class ${javaClass}`
      : 'Start of structure or map found where not expected',
  );
}

function serializationError(message: string): ServiceError {
  return new ServiceError('SerializationException', message);
}

function invalidValue(message: string): ServiceError {
  return validationError(`One or more parameter values were invalid: ${message}`);
}
