/**
 * The first check of every request, as DynamoDB's front end makes it: are the members of the right JSON type
 * (SerializationException), and do they keep their constraints (ValidationException with up to ten complaints at once).
 * What the rules of one operation are is in `operation-rules.ts`; attribute values are left to `model/parse-item.ts`.
 */
import type { JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';

interface Common {
  /** Complains with the other constraints. */
  readonly notNull?: boolean;
  /** Complains alone and first, as the table operations do. */
  readonly required?: boolean;
}

export interface StringRule extends Common {
  readonly type: 'String';
  readonly oneOf?: readonly string[];
  readonly pattern?: string;
  readonly lengthMin?: number;
  readonly lengthMax?: number;
  /** The length of a table's name, in the words of the table operations. */
  readonly tableName?: boolean;
}

export interface NumberRule extends Common {
  readonly type: 'Integer' | 'Long';
  readonly min?: number;
  readonly max?: number;
}

export interface ListRule extends Common {
  readonly type: 'List';
  readonly of: Rule;
  readonly lengthMin?: number;
  readonly lengthMax?: number;
}

export interface MapRule extends Common {
  readonly type: 'Map';
  /** The Java class of the values, which DynamoDB tells when it meets a list. */
  readonly valueClass: string;
  readonly of: Rule;
  readonly lengthMin?: number;
  readonly keys?: Pick<StringRule, 'pattern' | 'lengthMin' | 'lengthMax'>;
  readonly values?: { readonly lengthMin: number; readonly lengthMax: number };
}

export interface StructureRule extends Common {
  readonly type: 'Structure';
  readonly name: string;
  readonly members: Rules;
}

export interface OtherRule extends Common {
  readonly type: 'Boolean' | 'AttributeValue';
}

export type Rule = StringRule | NumberRule | ListRule | MapRule | StructureRule | OtherRule;
export type Rules = Readonly<Record<string, Rule>>;

const COMPLAINTS_MAX = 10;
const MODEL = 'com.amazonaws.dynamodb.v20120810.';

/** @throws {ServiceError} SerializationException or ValidationException. A member that is null counts as absent. */
export function checkRequest(input: JsonObject, rules: Rules): void {
  for (const name in rules) {
    const value: unknown = input[name];
    if (value !== undefined && value !== null) checkType(value, rules[name] as Rule);
  }
  const complaints: string[] = [];
  for (const name in rules) {
    const rule = rules[name] as Rule;
    const value: unknown = input[name] ?? undefined;
    if (rule.required === true) checkRequired(name, value, rule);
    if (value !== undefined || rule.notNull === true) collect(complaints, '', name, value, rule);
  }
  if (complaints.length === 0) return;
  const shown = complaints.slice(0, COMPLAINTS_MAX);
  throw validationError(`${shown.length} validation error${shown.length > 1 ? 's' : ''} detected: ${shown.join('; ')}`);
}

function checkRequired(name: string, value: unknown, rule: Rule): void {
  if (value === undefined) {
    throw validationError(`The parameter '${name}' is required but was not present in the request`);
  }
  if (rule.type === 'String' && rule.tableName === true) {
    const { length } = value as string;
    if (length < 3 || length > 255) {
      throw validationError(`${name} must be at least 3 characters long and at most 255 characters long`);
    }
  }
}

function serializationError(message: string): ServiceError {
  return new ServiceError('SerializationException', message);
}

function checkType(value: unknown, rule: Rule): void {
  switch (rule.type) {
    case 'String':
      if (typeof value !== 'string') throw scalarError(value, 'String');
      return;
    case 'Integer':
    case 'Long':
      if (typeof value !== 'number') throw scalarError(value, rule.type);
      return;
    case 'Boolean':
      if (typeof value !== 'boolean') throw scalarError(value, 'Boolean');
      return;
    case 'List':
      if (!Array.isArray(value)) throw structureError(value, 'List');
      for (const member of value) if (member !== null) checkType(member, rule.of);
      return;
    case 'Map':
    case 'Structure':
      checkStructure(value, rule);
      return;
    case 'AttributeValue':
      return;
  }
}

function checkStructure(value: unknown, rule: MapRule | StructureRule): void {
  if (typeof value !== 'object' || value === null) throw serializationError('Unexpected field type');
  if (Array.isArray(value)) {
    throw serializationError(
      rule.type === 'Map'
        ? `Unrecognized collection type java.util.Map<java.lang.String, ${className(rule.valueClass)}>`
        : `Unrecognized collection type class ${className(rule.name)}`,
    );
  }
  if (rule.type === 'Map') {
    if (rule.of.type === 'AttributeValue') return;
    for (const member of Object.values(value)) if (member !== null) checkType(member, rule.of);
    return;
  }
  for (const name in rule.members) {
    const member: unknown = (value as JsonObject)[name];
    if (member !== undefined && member !== null) checkType(member, rule.members[name] as Rule);
  }
}

function className(name: string): string {
  return name.includes('.') ? name : MODEL + name;
}

function scalarError(value: unknown, type: string): ServiceError {
  if (Array.isArray(value)) return serializationError(`Unrecognized collection type class java.lang.${type}`);
  if (typeof value === 'object') return serializationError('Start of structure or map found where not expected');
  return serializationError(`${tokenName(value)} cannot be converted to ${type}`);
}

function tokenName(value: unknown): string {
  if (typeof value === 'string') return 'STRING_VALUE';
  if (typeof value === 'number') return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
  return value === true ? 'TRUE_VALUE' : 'FALSE_VALUE';
}

function structureError(value: unknown, expected: 'List'): ServiceError {
  return serializationError(
    typeof value === 'object' && expected === 'List'
      ? 'Start of structure or map found where not expected'
      : 'Unexpected field type',
  );
}

function collect(complaints: string[], parent: string, name: string, value: unknown, rule: Rule): void {
  const complain = (constraint: string): void => {
    const shown = value === undefined || value === null ? 'null' : `'${shownValue(value)}'`;
    complaints.push(`Value ${shown} at '${parent}${lowerFirst(name)}' failed to satisfy constraint: ${constraint}`);
  };
  if (value === undefined || value === null) {
    if (rule.notNull === true) complain('Member must not be null');
    return;
  }
  const path = `${parent}${lowerFirst(name)}`;
  switch (rule.type) {
    case 'String':
      stringComplaints(value as string, rule, complain);
      if (rule.oneOf !== undefined && !rule.oneOf.includes(value as string)) {
        complain(`Member must satisfy enum value set: [${rule.oneOf.join(', ')}]`);
      }
      return;
    case 'Integer':
    case 'Long':
      if (rule.min !== undefined && (value as number) < rule.min) {
        complain(`Member must have value greater than or equal to ${rule.min}`);
      }
      if (rule.max !== undefined && (value as number) > rule.max) {
        complain(`Member must have value less than or equal to ${rule.max}`);
      }
      return;
    case 'List': {
      const list = value as readonly unknown[];
      lengthComplaints(list.length, rule, complain);
      list.forEach((member, index) => collect(complaints, `${path}.${index + 1}.`, 'member', member, rule.of));
      return;
    }
    case 'Map':
      collectMap(complaints, path, value as JsonObject, rule, complain);
      return;
    case 'Structure':
      for (const member in rule.members) {
        collect(complaints, `${path}.`, member, (value as JsonObject)[member], rule.members[member] as Rule);
      }
      return;
    case 'Boolean':
    case 'AttributeValue':
  }
}

function collectMap(
  complaints: string[],
  path: string,
  map: JsonObject,
  rule: MapRule,
  complain: (constraint: string) => void,
): void {
  const names = Object.keys(map);
  if (rule.lengthMin !== undefined && names.length < rule.lengthMin) {
    complain(`Member must have length greater than or equal to ${rule.lengthMin}`);
  }
  const { keys, values } = rule;
  for (const name of names) {
    if (keys !== undefined && violates(name, keys)) {
      complain(
        `Map keys must satisfy constraint: [Member must have length less than or equal to ${keys.lengthMax}, ` +
          `Member must have length greater than or equal to ${keys.lengthMin}, ` +
          `Member must satisfy regular expression pattern: ${keys.pattern}]`,
      );
    }
    const length = (map[name] as { length?: number } | null)?.length ?? 0;
    if (values !== undefined && (length < values.lengthMin || length > values.lengthMax)) {
      complain(
        `Map value must satisfy constraint: [Member must have length less than or equal to ${values.lengthMax}, ` +
          `Member must have length greater than or equal to ${values.lengthMin}]`,
      );
    }
  }
  if (rule.of.type === 'AttributeValue') return;
  for (const name of names) collect(complaints, `${path}.${name}.`, 'member', map[name], rule.of);
}

function violates(text: string, rule: Pick<StringRule, 'pattern' | 'lengthMin' | 'lengthMax'>): boolean {
  let violated = false;
  stringComplaints(text, rule, () => {
    violated = true;
  });
  return violated;
}

const patterns = new Map<string, RegExp>();

function stringComplaints(
  text: string,
  rule: Pick<StringRule, 'pattern' | 'lengthMin' | 'lengthMax'>,
  complain: (constraint: string) => void,
): void {
  if (rule.pattern !== undefined) {
    let expression = patterns.get(rule.pattern);
    if (expression === undefined) patterns.set(rule.pattern, (expression = new RegExp(`^${rule.pattern}$`)));
    if (!expression.test(text)) complain(`Member must satisfy regular expression pattern: ${rule.pattern}`);
  }
  lengthComplaints(text.length, rule, complain);
}

function lengthComplaints(
  length: number,
  { lengthMin, lengthMax }: { readonly lengthMin?: number; readonly lengthMax?: number },
  complain: (constraint: string) => void,
): void {
  if (lengthMin !== undefined && length < lengthMin) {
    complain(`Member must have length greater than or equal to ${lengthMin}`);
  }
  if (lengthMax !== undefined && length > lengthMax) {
    complain(`Member must have length less than or equal to ${lengthMax}`);
  }
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function shownValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(shownValue).join(', ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
