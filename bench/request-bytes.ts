/**
 * Calls as bytes of HTTP, as the SDK writes them with all its headers, made before the measurement. A call is signed by Amazon's
 * own signer, or has a signature of the right form where many are made and nobody verifies it.
 */
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { headersOf } from './call.ts';
import type { Request } from './dataset.ts';

export const benchCredentials = { accessKeyId: 'BENCHKEY', secretAccessKey: 'bench-secret' };

const signer = new SignatureV4({
  region: 'us-east-1',
  service: 'dynamodb',
  credentials: benchCredentials,
  sha256: Sha256,
});

export function bytesOf(request: Request): Buffer {
  const body = Buffer.from(JSON.stringify(request.input));
  return onWire({ ...sdkHeaders(request.operation, body), ...headersOf(request.operation) }, body);
}

export async function signedBytesOf(request: Request): Promise<Buffer> {
  const body = Buffer.from(JSON.stringify(request.input));
  const headers = sdkHeaders(request.operation, body);
  const signed = await signer.sign(new HttpRequest({ method: 'POST', path: '/', headers, body }));
  return onWire(signed.headers, body);
}

function sdkHeaders(operation: string, body: Buffer): Record<string, string> {
  return {
    'amz-sdk-invocation-id': '5b3f4e0e-58c4-4d4c-9f5e-4a3c8a2f9f55',
    'amz-sdk-request': 'attempt=1; max=3',
    'content-length': String(body.length),
    'content-type': 'application/x-amz-json-1.0',
    host: '127.0.0.1:8000',
    'user-agent': 'aws-sdk-js/3.1162.0 ua/2.1 os/linux#6.1.0 lang/js md/nodejs#20.20.2 api/dynamodb#3.1162.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
  };
}

function onWire(headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${lines.join('')}connection: keep-alive\r\n\r\n`), body]);
}
