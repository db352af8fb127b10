/**
 * A Query or Scan as a structure, the request that says the same in DynamoDB's language, and what it gives on any state of
 * the table, worked out in plain JavaScript: no parser, no key bytes, nothing of what the accelerator uses.
 */
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import type { ItemHistory, Version } from './history.ts';
import { scramble, sizeOf, tieRank, visibleIn, type ModelIndex, type ModelTable } from './model-tables.ts';

export type SortValue = string | number;

export interface SortRange {
  readonly operator: '=' | '<' | '<=' | '>' | '>=' | 'BETWEEN' | 'begins_with';
  readonly low: SortValue;
  readonly high?: SortValue | undefined;
}

export interface Filter {
  readonly operator: '=' | '<>' | 'exists';
  readonly name: string;
  readonly value: string;
}

export interface PageSpec {
  readonly operation: 'Query' | 'Scan';
  readonly table: ModelTable;
  readonly index: ModelIndex;
  /** Undefined for a scan. */
  readonly partition: string | undefined;
  readonly range: SortRange | undefined;
  readonly forward: boolean;
  readonly limit: number | undefined;
  /** ExclusiveStartKey. */
  readonly start: Item | undefined;
  readonly filter: Filter | undefined;
  readonly shown: 'all' | 'count' | readonly string[];
}

export interface Page {
  readonly items: readonly Item[] | undefined;
  readonly count: number;
  readonly scanned: number;
  readonly last: Item | undefined;
}

interface Entry {
  readonly image: Item;
  readonly partition: number;
  readonly sort: SortValue;
  readonly tie: number;
}

/** @param choose which version of an item the reader sees. */
export function evaluatePlainly(
  spec: PageSpec,
  items: Iterable<ItemHistory>,
  choose: (history: ItemHistory) => Version,
  pageBytes: number,
): Page {
  const { table, index } = spec;
  const direction = spec.forward ? 1 : -1;
  const start = spec.start && entryOf(table, index, spec.start, tieOfKey(table, spec.start));
  const entries: Entry[] = [];
  for (const history of items) {
    const { image } = choose(history);
    if (image === undefined || (spec.partition !== undefined && textOf(image[index.partition]) !== spec.partition)) {
      continue;
    }
    const entry = entryOf(table, index, image, tieRank(history));
    if (entry === undefined || (spec.range !== undefined && !isInRange(spec.range, entry.sort))) continue;
    if (start === undefined || compareEntries(entry, start) * direction > 0) entries.push(entry);
  }
  entries.sort((a, b) => compareEntries(a, b) * direction);
  const found: Item[] = [];
  let scanned = 0;
  let size = 0;
  for (const { image } of entries) {
    const visible = visibleIn(table, index, image);
    size += sizeOf(visible);
    if (scanned === spec.limit || (scanned > 0 && size > pageBytes)) break;
    scanned++;
    if (spec.filter === undefined || passes(spec.filter, visible)) found.push(visible);
  }
  // A page that its Limit ended says so even where nothing follows.
  const isCut = scanned < entries.length || (scanned > 0 && scanned === spec.limit);
  const last = isCut ? (entries[scanned - 1] as Entry).image : undefined;
  return {
    items: spec.shown === 'count' ? undefined : found.map((item) => showOf(spec.shown, item)),
    count: found.length,
    scanned,
    last: last && keyIn(table, index, last),
  };
}

/** The partition under which an item stands in an index, for those who only want to know whether it can matter. */
export function partitionOf(index: ModelIndex, image: Item | undefined): string | undefined {
  if (image === undefined || (index.sort !== undefined && image[index.sort.name] === undefined)) return undefined;
  return textOf(image[index.partition]);
}

/** The attributes of LastEvaluatedKey: of the index and of the table. */
export function keyIn(table: ModelTable, index: ModelIndex, image: Item): Item {
  const key: Item = {};
  for (const name of table.keyNames) key[name] = image[name] as AttributeValue;
  key[index.partition] = image[index.partition] as AttributeValue;
  if (index.sort !== undefined) key[index.sort.name] = image[index.sort.name] as AttributeValue;
  return key;
}

function tieOfKey(table: ModelTable, key: Item): number {
  return scramble(`${table.name}/${table.keyNames.map((name) => textOf(key[name])).join('/')}`);
}

function entryOf(table: ModelTable, index: ModelIndex, image: Item, tie: number): Entry | undefined {
  const partition = textOf(image[index.partition]);
  if (partition === undefined) return undefined;
  const sort = index.sort === undefined ? '' : sortOf(image[index.sort.name]);
  // A table's keys never tie.
  return sort === undefined
    ? undefined
    : {
        image,
        partition: scramble(partition),
        sort,
        tie: index.kind === 'TABLE' && table.keyNames.length > 1 ? 0 : tie,
      };
}

function sortOf(value: AttributeValue | undefined): SortValue | undefined {
  if (value === undefined) return undefined;
  return 'N' in value ? Number(value.N) : textOf(value);
}

function textOf(value: AttributeValue | undefined): string | undefined {
  return value !== undefined && 'S' in value ? value.S : undefined;
}

function compareEntries(a: Entry, b: Entry): number {
  if (a.partition !== b.partition) return a.partition - b.partition;
  if (a.sort !== b.sort) return a.sort < b.sort ? -1 : 1;
  return a.tie - b.tie;
}

function isInRange({ operator, low, high }: SortRange, sort: SortValue): boolean {
  switch (operator) {
    case '=':
      return sort === low;
    case '<':
      return sort < low;
    case '<=':
      return sort <= low;
    case '>':
      return sort > low;
    case '>=':
      return sort >= low;
    case 'BETWEEN':
      return sort >= low && sort <= (high as SortValue);
    case 'begins_with':
      return String(sort).startsWith(String(low));
  }
}

function passes({ operator, name, value }: Filter, image: Item): boolean {
  const text = textOf(image[name]);
  if (operator === 'exists') return image[name] !== undefined;
  return operator === '=' ? text === value : text !== value;
}

function showOf(shown: PageSpec['shown'], item: Item): Item {
  if (typeof shown === 'string') return item;
  const projected: Item = {};
  for (const name of shown) {
    const value = item[name];
    if (value !== undefined) projected[name] = value;
  }
  return projected;
}

/** The parameters of the request, with placeholders spelled in one of two ways. */
export function inputOf(spec: PageSpec, spelling: 'plain' | 'odd'): JsonObject {
  const names: Record<string, string> = {};
  const values: Record<string, JsonObject> = {};
  const name = (attribute: string) => {
    const placeholder = spelling === 'plain' ? `#${attribute}` : `#x_${attribute}`;
    names[placeholder] = attribute;
    return placeholder;
  };
  const value = (text: SortValue) => {
    const placeholder = `:${spelling === 'plain' ? 'v' : 'value'}${Object.keys(values).length}`;
    values[placeholder] =
      typeof text === 'number' ? { N: spelling === 'plain' ? String(text) : text.toFixed(1) } : { S: text };
    return placeholder;
  };
  const { index, range, filter, shown } = spec;
  const input: JsonObject = { TableName: spec.table.name };
  if (spec.operation === 'Query') {
    const parts = [`${name(index.partition)} = ${value(spec.partition as string)}`];
    if (range !== undefined && index.sort !== undefined) parts.push(rangeText(range, name(index.sort.name), value));
    input['KeyConditionExpression'] = parts.join(' AND ');
    if (!spec.forward || spelling === 'odd') input['ScanIndexForward'] = spec.forward;
  }
  if (filter !== undefined) {
    input['FilterExpression'] =
      filter.operator === 'exists'
        ? `attribute_exists(${name(filter.name)})`
        : `${name(filter.name)} ${filter.operator} ${value(filter.value)}`;
  }
  if (Array.isArray(shown)) {
    input['ProjectionExpression'] = shown.map((attribute: string) => name(attribute)).join(', ');
  }
  if (shown === 'count') input['Select'] = 'COUNT';
  if (index.name !== '') input['IndexName'] = index.name;
  if (spec.limit !== undefined) input['Limit'] = spec.limit;
  if (spec.start !== undefined) input['ExclusiveStartKey'] = spec.start;
  if (Object.keys(names).length > 0) input['ExpressionAttributeNames'] = names;
  if (Object.keys(values).length > 0) input['ExpressionAttributeValues'] = values;
  return input;
}

function rangeText(range: SortRange, name: string, value: (text: SortValue) => string): string {
  if (range.operator === 'begins_with') return `begins_with(${name}, ${value(range.low)})`;
  if (range.operator === 'BETWEEN') return `${name} BETWEEN ${value(range.low)} AND ${value(range.high as SortValue)}`;
  return `${name} ${range.operator} ${value(range.low)}`;
}
