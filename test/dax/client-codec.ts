/** The unmodified client's own encoders and decoders, to compare ours with. They are files of its package, not of its API. */
import { createRequire } from 'node:module';
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts';
import type { KeySchema } from '../../src/model/key.ts';

const require = createRequire(import.meta.url);

/** How the client writes a table's key: HASH first. */
type ClientKeySchema = readonly { readonly AttributeName: string; readonly AttributeType: string }[];

const encoder = require('@amazon-dax-sdk/client-dax/src/AttributeValueEncoder.js') as {
  encodeAttributeValue(value: AttributeValue): Buffer;
  encodeKey(item: Item, schema: ClientKeySchema): Buffer;
};
const assembler = require('@amazon-dax-sdk/client-dax/src/Assembler.js') as {
  _decodeKeyBytes(decoder: object, schema: ClientKeySchema): Item;
};
const Decoder = require('@amazon-dax-sdk/client-dax/src/DaxCborDecoder.js') as new (bytes: Buffer) => {
  decodeNumber(): { toString(): string };
};

export function clientSchemaOf({ partition, sort }: KeySchema): ClientKeySchema {
  return [...partition, ...sort].map(({ name, type }) => ({ AttributeName: name, AttributeType: type }));
}

export const clientCodec = {
  encodeValue: (value: AttributeValue): Buffer => encoder.encodeAttributeValue(value),
  encodeKey: (schema: KeySchema, item: Item): Buffer => encoder.encodeKey(item, clientSchemaOf(schema)),
  decodeNumber: (bytes: Buffer): string => new Decoder(bytes).decodeNumber().toString(),
  /** @param bytes with the head of their byte string. */
  decodeKey: (schema: KeySchema, bytes: Buffer): Item =>
    assembler._decodeKeyBytes(new Decoder(bytes), clientSchemaOf(schema)),
};
