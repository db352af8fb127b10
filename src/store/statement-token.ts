/** NextToken of a PartiQL SELECT: where its next page begins, good for the same statement with the same parameters. */
import { hash } from 'node:crypto';
import type { Item } from '../model/attribute-value.ts';
import { parseItem } from '../model/parse-item.ts';
import { validationError } from '../model/service-error.ts';

export interface StatementPlace {
  /** Which of the plan's reads goes on; 0 for a scan. */
  readonly read: number;
  /** The key that the last page ended with; undefined to begin the read. */
  readonly after: Item | undefined;
}

export const FIRST_PLACE: StatementPlace = { read: 0, after: undefined };

/** @param statement with its parameters, as a text. */
export function encodeToken(statement: string, { read, after }: StatementPlace): string {
  return Buffer.from(JSON.stringify({ of: digest(statement), read, after })).toString('base64');
}

/** @throws {ServiceError} ValidationException when it is no token, or another statement's. */
export function decodeToken(statement: string, token: string, readCount: number): StatementPlace {
  const { of, read, after } = parseToken(token);
  if (of !== digest(statement)) throw validationError('NextToken does not match request');
  if (typeof read !== 'number' || !Number.isInteger(read) || read < 0 || read >= readCount) throw invalidToken();
  return { read, after: after === undefined ? undefined : parseItem(after) };
}

function parseToken(token: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // No JSON of ours.
  }
  throw invalidToken();
}

function invalidToken() {
  return validationError('Invalid NextToken');
}

function digest(statement: string): string {
  return hash('sha256', statement, 'base64url');
}
