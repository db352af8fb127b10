/** Attribute values as CBOR, to and from their AWS JSON form. Values that are read are as the caller sent them: not validated. */
import { emptyItem, typeOf, type AttributeValue, type Item } from '../../model/attribute-value.ts';
import { major, type CborReader } from './cbor-reader.ts';
import { isNumberTag, readNumber, readTaggedNumber, writeNumber } from './cbor-number.ts';
import type { CborWriter } from './cbor-writer.ts';
import { MalformedFrame } from './malformed.ts';

const setTags = { SS: 3321, NS: 3322, BS: 3323 } as const;

/** Deeper than DynamoDB takes, whose refusal a caller gets; deeper still, and it is somebody who is after our stack. */
const DEPTH_MAX = 128;

export function readAttributeValue(reader: CborReader, depth = 0): AttributeValue {
  if (depth > DEPTH_MAX) throw new MalformedFrame(`values nested more than ${DEPTH_MAX} deep`);
  switch (reader.nextMajor) {
    case major.text:
      return { S: reader.text() };
    case major.bytes:
      return { B: reader.bytes().toString('base64') };
    case major.unsigned:
    case major.negative:
      return { N: String(reader.integer()) };
    case major.array: {
      const elements: AttributeValue[] = [];
      reader.eachElement(() => elements.push(readAttributeValue(reader, depth + 1)));
      return { L: elements };
    }
    case major.map: {
      const members = emptyItem();
      reader.eachEntry(() => {
        const name = reader.text();
        members[name] = readAttributeValue(reader, depth + 1);
      });
      return { M: members };
    }
    case major.tag:
      return readTagged(reader, reader.tag());
    default:
      return readSimple(reader);
  }
}

function readTagged(reader: CborReader, tag: number): AttributeValue {
  if (isNumberTag(tag)) return { N: readTaggedNumber(reader, tag) };
  const members: string[] = [];
  switch (tag) {
    case setTags.SS:
      reader.eachElement(() => members.push(reader.text()));
      return { SS: members };
    case setTags.NS:
      reader.eachElement(() => members.push(readNumber(reader)));
      return { NS: members };
    case setTags.BS:
      reader.eachElement(() => members.push(reader.bytes().toString('base64')));
      return { BS: members };
    default:
      throw new MalformedFrame(`a value with tag ${tag}`);
  }
}

function readSimple(reader: CborReader): AttributeValue {
  if (reader.takeNull()) return { NULL: true };
  return reader.isBooleanNext ? { BOOL: reader.boolean() } : { N: String(reader.float()) };
}

export function writeAttributeValue(writer: CborWriter, value: AttributeValue): void {
  if ('S' in value) writer.text(value.S);
  else if ('N' in value) writeNumber(writer, value.N);
  else if ('BOOL' in value) writer.boolean(value.BOOL);
  else if ('M' in value) writeMap(writer, value.M);
  else if ('L' in value) {
    writer.arrayHead(value.L.length);
    for (const element of value.L) writeAttributeValue(writer, element);
  } else if ('B' in value) writer.bytes(Buffer.from(value.B, 'base64'));
  else if ('NULL' in value) writer.null();
  else writeSet(writer, value);
}

function writeMap(writer: CborWriter, map: Item): void {
  const names = Object.keys(map);
  writer.mapHead(names.length);
  for (const name of names) {
    writer.text(name);
    writeAttributeValue(writer, map[name] as AttributeValue);
  }
}

function writeSet(writer: CborWriter, value: AttributeValue): void {
  const type = typeOf(value) as keyof typeof setTags;
  const members = (value as Record<string, readonly string[]>)[type] as readonly string[];
  writer.tag(setTags[type]);
  writer.arrayHead(members.length);
  for (const member of members) {
    if (type === 'SS') writer.text(member);
    else if (type === 'NS') writeNumber(writer, member);
    else writer.bytes(Buffer.from(member, 'base64'));
  }
}
