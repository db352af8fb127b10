/**
 * ExpressionAttributeNames and ExpressionAttributeValues of one request: checked, looked up by its expressions, and in the
 * end checked for entries that no expression used.
 */
import { emptyItem, type AttributeValue } from '../model/attribute-value.ts';
import { parseAttributeValue } from '../model/parse-item.ts';
import { ServiceError, validationError } from '../model/service-error.ts';

const NAME_KEY = /^#[0-9a-zA-Z_]+$/;
const VALUE_KEY = /^:[0-9a-zA-Z_]+$/;

export class Placeholders {
  readonly #names: Readonly<Record<string, string>>;
  readonly #values: Readonly<Record<string, AttributeValue>>;
  readonly #unused: { readonly names: Set<string>; readonly values: Set<string> };

  /**
   * @param names the parameter ExpressionAttributeNames as it came; undefined or null when absent.
   * @param values the parameter ExpressionAttributeValues as it came.
   * @throws {ServiceError} ValidationException or SerializationException.
   */
  constructor(names: unknown, values: unknown) {
    this.#names = parseNames(names);
    this.#values = parseValues(values);
    this.#unused = { names: new Set(Object.keys(this.#names)), values: new Set(Object.keys(this.#values)) };
  }

  /** The attribute name that `#placeholder` stands for. */
  name(placeholder: string): string | undefined {
    this.#unused.names.delete(placeholder);
    return this.#names[placeholder];
  }

  /** The value that `:placeholder` stands for. */
  value(placeholder: string): AttributeValue | undefined {
    this.#unused.values.delete(placeholder);
    return this.#values[placeholder];
  }

  /** To be called when all expressions of the request have been parsed. @throws {ServiceError} ValidationException. */
  assertAllUsed(): void {
    checkUnused('ExpressionAttributeNames', this.#unused.names);
    checkUnused('ExpressionAttributeValues', this.#unused.values);
  }
}

function checkUnused(parameter: string, unused: ReadonlySet<string>): void {
  if (unused.size === 0) return;
  throw validationError(`Value provided in ${parameter} unused in expressions: keys: {${[...unused].join(', ')}}`);
}

function parseNames(json: unknown): Record<string, string> {
  const names = Object.create(null) as Record<string, string>;
  for (const [key, name] of entriesOf('ExpressionAttributeNames', json, NAME_KEY)) {
    if (typeof name !== 'string') throw new ServiceError('SerializationException', 'Unexpected field type');
    if (name === '') {
      throw validationError(`ExpressionAttributeNames contains invalid value: Empty attribute name for key ${key}`);
    }
    names[key] = name;
  }
  return names;
}

function parseValues(json: unknown): Record<string, AttributeValue> {
  const values = emptyItem();
  for (const [key, value] of entriesOf('ExpressionAttributeValues', json, VALUE_KEY)) {
    try {
      values[key] = parseAttributeValue(value);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.name !== 'ValidationException') throw error;
      throw validationError(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`);
    }
  }
  return values;
}

function entriesOf(parameter: string, json: unknown, keyPattern: RegExp): [string, unknown][] {
  if (json === undefined || json === null) return [];
  if (typeof json !== 'object') throw new ServiceError('SerializationException', 'Unexpected field type');
  if (Array.isArray(json)) {
    const type = keyPattern === NAME_KEY ? 'java.lang.String' : 'com.amazonaws.dynamodb.v20120810.AttributeValue';
    throw new ServiceError(
      'SerializationException',
      `Unrecognized collection type java.util.Map<java.lang.String, ${type}>`,
    );
  }
  const entries = Object.entries(json);
  if (entries.length === 0) throw validationError(`${parameter} must not be empty`);
  for (const [key] of entries) {
    if (!keyPattern.test(key)) {
      throw validationError(`${parameter} contains invalid key: Syntax error; key: "${key}"`);
    }
  }
  return entries;
}
