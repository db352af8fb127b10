/**
 * Items in the forms that they have in requests and answers. One codec serves one call: it knows the keys of the call's tables
 * and remembers which attribute lists its answer speaks of.
 */
import { emptyItem, type AttributeValue, type Item } from '../../model/attribute-value.ts';
import type { KeySchema } from '../../model/key.ts';
import { validationError } from '../../model/service-error.ts';
import type { TableSchema } from '../../model/table-schema.ts';
import type { AttributeList, AttributeLists } from './attribute-lists.ts';
import { readAttributeValue, writeAttributeValue } from './attribute-values.ts';
import { CborReader } from './cbor-reader.ts';
import type { CborWriter } from './cbor-writer.ts';
import { decodeKey, writeKey } from './item-keys.ts';

export class ItemCodec {
  readonly #schemas: ReadonlyMap<string, TableSchema>;
  readonly #lists: AttributeLists;
  readonly #sent = new Set<AttributeList>();

  constructor(schemas: ReadonlyMap<string, TableSchema>, lists: AttributeLists) {
    this.#schemas = schemas;
    this.#lists = lists;
  }

  /** Lists that the answer speaks of. */
  get sentLists(): readonly AttributeList[] {
    const [first, ...others] = this.#sent;
    if (first === undefined) return [];
    return others.length === 0 ? first.alone : [first, ...others];
  }

  schemaOf(table: string): TableSchema {
    return this.#schemas.get(table) as TableSchema;
  }

  keyOf(table: string, bytes: Buffer): Item {
    return decodeKey(this.schemaOf(table).key, bytes);
  }

  /** The whole item of a put: its key, and the values of the attribute list that the payload names. */
  itemOf(table: string, keyBytes: Buffer, payload: Buffer): Item {
    const item = this.keyOf(table, keyBytes);
    const reader = new CborReader(payload);
    const id = reader.integer();
    const list = typeof id === 'number' ? this.#lists.named(id) : undefined;
    if (list === undefined) {
      // The client will send this number until it ends, for it knows of no way to ask again.
      throw validationError(
        `The attribute list ${id} is not known here. It was defined at a node that did not keep its dictionary: ` +
          'restart the client to have it defined again',
      );
    }
    for (const name of list.names) item[name] = readAttributeValue(reader);
    return item;
  }

  writeKey(writer: CborWriter, table: string, item: Item): void {
    writeKey(writer, this.schemaOf(table).key, item);
  }

  /** All attributes but the key's, for which the reader has bytes of its own. */
  writePayload(writer: CborWriter, table: string, item: Item): void {
    const names = namesBesideKey(this.schemaOf(table).key, item);
    writer.bytesOf(() => {
      writer.integer(this.#list(names).id);
      for (const name of names) writeAttributeValue(writer, item[name] as AttributeValue);
    });
  }

  /** Some attributes only, as UPDATED_OLD and UPDATED_NEW have it. */
  writeUpdated(writer: CborWriter, attributes: Item): void {
    const names = Object.keys(attributes).sort();
    writer.bytesOf(() => {
      writer.integer(this.#list(names).id);
      writer.mapHead(names.length);
      for (const [index, name] of names.entries()) {
        writer.integer(index);
        writeAttributeValue(writer, attributes[name] as AttributeValue);
      }
    });
  }

  #list(names: readonly string[]): AttributeList {
    const list = this.#lists.forNames(names);
    this.#sent.add(list);
    return list;
  }
}

/** Sorted as the JavaScript clients sort them, so that one item has one list whoever wrote it. */
function namesBesideKey({ partition, sort }: KeySchema, item: Item): string[] {
  const keys = emptyItem() as Record<string, unknown>;
  for (const { name } of partition) keys[name] = true;
  for (const { name } of sort) keys[name] = true;
  return Object.keys(item)
    .filter((name) => !(name in keys))
    .sort();
}
