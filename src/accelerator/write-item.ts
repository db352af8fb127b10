/**
 * PutItem, UpdateItem and DeleteItem: written through. The store is asked for the image that invalidation needs where the
 * caller left `ReturnValues` open, and the caller does not see it.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
 */
import { parseUpdate } from '../expression/parser.ts';
import { Placeholders } from '../expression/placeholders.ts';
import { applyUpdate } from '../expression/update.ts';
import { copyItem, type Item } from '../model/attribute-value.ts';
import { exactKey, keyOf } from '../model/key.ts';
import { parseItem } from '../model/parse-item.ts';
import type { ServiceReply, ServiceRequest } from '../model/service-call.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import { answered, rework } from './ask-store.ts';
import type { Image } from './mutation.ts';
import {
  beginWrite,
  isRefusal,
  writeApplied,
  writeRefused,
  writeUnknown,
  type OwnWrite,
  type WrittenImages,
} from './own-write.ts';
import { planOrPass } from './parameters.ts';
import type { Parts } from './parts.ts';
import type { OpenTable } from './tables.ts';
import { withParameter } from './with-parameter.ts';

type ReturnValues = 'ALL_OLD' | 'ALL_NEW';

export async function writeItem(
  parts: Parts,
  table: OpenTable,
  request: ServiceRequest,
  options: ExecuteOptions,
): Promise<Answer> {
  const write = planOrPass(() => beginOf(parts, table, request));
  if (write === undefined) return writeBlindly(parts, table, request, options);
  const asked = planOrPass(() => imageToAsk(table, request));
  const sent = asked === undefined ? request : withParameter(request, 'ReturnValues', asked);
  let reply: ServiceReply;
  try {
    reply = await parts.backing.send(sent, { signal: options.signal });
  } catch (error) {
    writeUnknown(parts, write, putImage(request));
    throw error;
  }
  if (isRefusal(reply)) writeRefused(write);
  else if (!reply.ok) writeUnknown(parts, write, putImage(request));
  else writeApplied(parts, write, imagesOf(request, reply, asked));
  return answered(asked === undefined || !reply.ok ? reply : withoutAttributes(reply), 'pass');
}

/** A write whose key we cannot read. The store refuses it; if it does not, we know nothing of the table any more. */
async function writeBlindly(
  parts: Parts,
  table: OpenTable,
  request: ServiceRequest,
  options: ExecuteOptions,
): Promise<Answer> {
  let reply: ServiceReply | undefined;
  try {
    reply = await parts.backing.send(request, { signal: options.signal });
  } finally {
    if (reply === undefined || !isRefusal(reply)) table.reset(parts.clock.monotonicMs());
  }
  return answered(reply, 'pass');
}

function beginOf(parts: Parts, table: OpenTable, request: ServiceRequest): OwnWrite | undefined {
  const { input } = request;
  const given: unknown =
    request.operation === 'PutItem' ? keyOf(table.schema.key, input['Item'] as Item) : input['Key'];
  const key = exactKey(table.schema.key, given);
  return key && beginWrite(parts, table, key);
}

/**
 * Which image to ask for where the caller wants none. Put and Delete know the new one. Of an update the old image tells
 * exactly which pages to drop, the new one can be cached; the first matters where pages are cached.
 */
function imageToAsk(table: OpenTable, request: ServiceRequest): ReturnValues | undefined {
  const given: unknown = request.input['ReturnValues'];
  if ((given !== undefined && given !== 'NONE') || table.hasDirectFeed) return undefined;
  return request.operation !== 'UpdateItem' || table.hasPages ? 'ALL_OLD' : 'ALL_NEW';
}

function imagesOf(request: ServiceRequest, reply: ServiceReply, asked: ReturnValues | undefined): WrittenImages {
  const returned: unknown = asked ?? request.input['ReturnValues'];
  const attributes = planOrPass(() => reply.output['Attributes'] as Item | undefined);
  // A client that sent the call twice by itself got the image before the second time, which is perhaps what the first left.
  const oldImage: Image = returned === 'ALL_OLD' && !reply.isUncertain ? attributes : 'unknown';
  switch (request.operation) {
    case 'PutItem':
      return { oldImage, newImage: putImage(request), mayInstall: true };
    case 'DeleteItem':
      return { oldImage, newImage: undefined, mayInstall: true };
    default:
      if (returned === 'ALL_NEW') return { oldImage, newImage: attributes ?? 'unknown', mayInstall: true };
      return { oldImage, newImage: updatedImage(request, oldImage), mayInstall: false };
  }
}

function putImage(request: ServiceRequest): Image {
  if (request.operation === 'DeleteItem') return undefined;
  if (request.operation !== 'PutItem') return 'unknown';
  return planOrPass(() => parseItem(request.input['Item'])) ?? 'unknown';
}

/** What the update made of the old image, by our own reading of the expression. */
function updatedImage(request: ServiceRequest, oldImage: Image): Image {
  const { UpdateExpression: text, Key: key } = request.input;
  if (oldImage === 'unknown' || typeof text !== 'string') return 'unknown';
  const updated = planOrPass(() => {
    const placeholders = new Placeholders(
      request.input['ExpressionAttributeNames'],
      request.input['ExpressionAttributeValues'],
    );
    return applyUpdate(parseUpdate(text, placeholders), oldImage ?? copyItem(parseItem(key)));
  });
  return updated ?? 'unknown';
}

function withoutAttributes(reply: ServiceReply): ServiceReply {
  const { Attributes: _attributes, ...output } = reply.output;
  return rework(reply, output);
}
