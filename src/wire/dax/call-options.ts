/** The optional parameters of a call: null, or a map of numbered options in any order. */
import { validationError } from '../../model/service-error.ts';
import type { JsonObject } from '../../model/service-call.ts';
import type { CborReader } from './cbor-reader.ts';

export interface CallOptions {
  projection?: Buffer;
  consistentRead?: boolean;
  capacity?: 'NONE' | 'TOTAL' | 'INDEXES';
  condition?: Buffer;
  collectionMetrics?: 'NONE' | 'SIZE';
  returnValues?: 'NONE' | 'ALL_OLD' | 'UPDATED_OLD' | 'ALL_NEW' | 'UPDATED_NEW';
  update?: Buffer;
  startKey?: Buffer;
  filter?: Buffer;
  indexName?: string;
  limit?: number;
  forward?: boolean;
  select?: 'ALL_ATTRIBUTES' | 'ALL_PROJECTED_ATTRIBUTES' | 'COUNT' | 'SPECIFIC_ATTRIBUTES';
  segment?: number;
  totalSegments?: number;
  token?: string;
}

const CAPACITIES = ['NONE', 'TOTAL', 'INDEXES'] as const;
const METRICS = ['NONE', 'SIZE'] as const;
/** Numbered from 1. */
const RETURN_VALUES = ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW'] as const;
const SELECTS = ['ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'COUNT', 'SPECIFIC_ATTRIBUTES'] as const;

const readers: Readonly<Record<number, (options: CallOptions, reader: CborReader) => void>> = {
  0: (options, reader) => (options.projection = reader.bytes()),
  2: (options, reader) => (options.consistentRead = reader.boolean()),
  3: (options, reader) => (options.capacity = nameOf(CAPACITIES, reader.smallInteger(), 'ReturnConsumedCapacity')),
  4: (options, reader) => (options.condition = reader.bytes()),
  6: (options, reader) =>
    (options.collectionMetrics = nameOf(METRICS, reader.smallInteger(), 'ReturnItemCollectionMetrics')),
  7: (options, reader) => (options.returnValues = nameOf(RETURN_VALUES, reader.smallInteger() - 1, 'ReturnValues')),
  8: (options, reader) => (options.update = reader.bytes()),
  9: (options, reader) => (options.startKey = reader.bytes()),
  10: (options, reader) => (options.filter = reader.bytes()),
  11: (options, reader) => (options.indexName = reader.name()),
  13: (options, reader) => (options.limit = reader.smallInteger()),
  14: (options, reader) => (options.forward = reader.boolean()),
  15: (options, reader) => (options.select = nameOf(SELECTS, reader.smallInteger() - 1, 'Select')),
  16: (options, reader) => (options.segment = reader.smallInteger()),
  17: (options, reader) => (options.totalSegments = reader.smallInteger()),
  19: (options, reader) => (options.token = reader.text()),
};

/** @throws {ServiceError} ValidationException for an option or a value that the protocol does not have. */
export function readCallOptions(reader: CborReader): CallOptions {
  const options: CallOptions = {};
  if (reader.takeNull()) return options;
  reader.eachEntry(() => {
    const number = reader.smallInteger();
    const read = readers[number];
    if (read === undefined) throw validationError(`The request has a parameter ${number}, which is not known`);
    // A client that writes every option writes null for those that are not set.
    if (!reader.takeNull()) read(options, reader);
  });
  return options;
}

function nameOf<Name extends string>(names: readonly Name[], index: number, parameter: string): Name {
  const name = names[index];
  if (name !== undefined) return name;
  throw validationError(`${parameter} has a value that is not known: it must be one of ${names.join(', ')}`);
}

/** Puts the parameters that every call has in the same form. */
export function addCommon(input: JsonObject, options: CallOptions): void {
  if (options.capacity !== undefined) input['ReturnConsumedCapacity'] = options.capacity;
  if (options.collectionMetrics !== undefined) input['ReturnItemCollectionMetrics'] = options.collectionMetrics;
}
