/**
 * Keys as DAX sends them: the partition value alone, or as one CBOR item with the sort value raw behind it. The bytes of a key
 * are not canonical, so they are never compared.
 */
import { emptyItem, type AttributeValue, type Item } from '../../model/attribute-value.ts';
import type { KeyAttribute, KeySchema } from '../../model/key.ts';
import { readAttributeValue, writeAttributeValue } from './attribute-values.ts';
import { readNumber, writeNumber } from './cbor-number.ts';
import { CborReader } from './cbor-reader.ts';
import type { CborWriter } from './cbor-writer.ts';
import { decodeLexDecimal, encodeLexDecimal } from './lex-decimal.ts';
import { MalformedFrame } from './malformed.ts';

export function decodeKey(schema: KeySchema, bytes: Buffer): Item {
  const [partition, sort] = partsOf(schema);
  const key = emptyItem();
  if (sort === undefined) {
    key[partition.name] = partition.type === 'N' ? wholeNumber(bytes) : rawValue(partition, bytes);
    return key;
  }
  const reader = new CborReader(bytes);
  key[partition.name] = firstValue(partition, reader);
  const rest = reader.rest();
  key[sort.name] = sort.type === 'N' ? { N: decodeLexDecimal(rest) } : rawValue(sort, rest);
  return key;
}

/** Writes the key of an item that has one. */
export function writeKey(writer: CborWriter, schema: KeySchema, item: Item): void {
  const [partition, sort] = partsOf(schema);
  writer.bytesOf(() => {
    if (sort === undefined) {
      if (partition.type === 'N') writeNumber(writer, textOf(partition, item));
      else writeRaw(writer, partition, item);
      return;
    }
    writeAttributeValue(writer, item[partition.name] as AttributeValue);
    if (sort.type === 'N') writer.raw(encodeLexDecimal(textOf(sort, item)));
    else writeRaw(writer, sort, item);
  });
}

/** The key of an index and its table, in which every attribute has its name. */
export function decodeNamedKey(bytes: Buffer): Item {
  const reader = new CborReader(bytes);
  const key = emptyItem();
  reader.eachEntry(() => {
    const name = reader.text();
    key[name] = readAttributeValue(reader);
  });
  return key;
}

export function writeNamedKey(writer: CborWriter, key: Item): void {
  writer.bytesOf(() => {
    writer.openMap();
    for (const name of Object.keys(key)) {
      writer.text(name);
      writeAttributeValue(writer, key[name] as AttributeValue);
    }
    writer.closeMap();
  });
}

/** A table has one partition attribute and at most one sort attribute. */
function partsOf({ partition, sort }: KeySchema): readonly [KeyAttribute, KeyAttribute | undefined] {
  return [partition[0] as KeyAttribute, sort[0]];
}

function firstValue({ type }: KeyAttribute, reader: CborReader): AttributeValue {
  if (type === 'S') return { S: reader.text() };
  return type === 'B' ? { B: reader.bytes().toString('base64') } : { N: readNumber(reader) };
}

function wholeNumber(bytes: Buffer): AttributeValue {
  const reader = new CborReader(bytes);
  const number = { N: readNumber(reader) };
  if (!reader.isAtEnd) throw new MalformedFrame('a key that goes on behind its number');
  return number;
}

function rawValue({ type }: KeyAttribute, bytes: Buffer): AttributeValue {
  return type === 'S' ? { S: bytes.toString('utf8') } : { B: bytes.toString('base64') };
}

function writeRaw(writer: CborWriter, attribute: KeyAttribute, item: Item): void {
  const text = textOf(attribute, item);
  if (attribute.type === 'S') writer.rawText(text);
  else writer.raw(Buffer.from(text, 'base64'));
}

function textOf({ name, type }: KeyAttribute, item: Item): string {
  return (item[name] as Record<string, string>)[type] as string;
}
