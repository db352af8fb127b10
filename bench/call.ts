/** Calls of DynamoDB's API over HTTP: the headers that stores want, and one call with its answer. */
import type { Request } from './dataset.ts';

/** The local stores want a signature of the right form and do not verify it. */
export function headersOf(operation: string): Record<string, string> {
  return {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    'x-amz-date': '20260101T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/dynamodb/aws4_request, ' +
      `SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
  };
}

export interface Reply {
  readonly body: Readonly<Record<string, unknown>>;
  /** `x-slipstream-cache`, or undefined from a store that is not ours. */
  readonly cache: string | undefined;
}

export async function call(url: string, { operation, input }: Request): Promise<Reply> {
  const response = await fetch(url, { method: 'POST', headers: headersOf(operation), body: JSON.stringify(input) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${operation} at ${url}: ${response.status} ${text}`);
  return { body: JSON.parse(text) as Reply['body'], cache: response.headers.get('x-slipstream-cache') ?? undefined };
}

/** Asks for each, a few at a time, and returns the outcomes in the same order. */
export async function callAll(url: string, requests: readonly Request[]): Promise<(string | undefined)[]> {
  const outcomes: (string | undefined)[] = [];
  const waiting = requests.entries();
  const worker = async () => {
    for (const [index, request] of waiting) {
      const { body, cache } = await call(url, request);
      const { UnprocessedItems: left } = body;
      if (left !== undefined && Object.keys(left as object).length > 0) {
        throw new Error('the store is too slow to load');
      }
      outcomes[index] = cache;
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return outcomes;
}
