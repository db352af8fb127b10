/**
 * What the accelerator does around each write of one key that goes through it, alone or in a batch: it notes that the write
 * is in flight (I4), and when the store has answered it makes the outcome take effect before the caller hears of it (I3, I5).
 */
import type { WriteInFlight } from '../cache/writes-in-flight.ts';
import { sameItem, type Item } from '../model/attribute-value.ts';
import { keyText, positionOf } from '../model/key.ts';
import type { ServiceReply } from '../model/service-call.ts';
import { invalidate } from './invalidate.ts';
import { mutationOf, sameImage, topics, type Image, type Mutation } from './mutation.ts';
import type { Parts } from './parts.ts';
import { keepItem } from './read-item.ts';
import type { FillLease } from './table.ts';
import type { OpenTable } from './tables.ts';

export interface OwnWrite {
  readonly table: OpenTable;
  readonly key: Item;
  readonly keyText: string;
  readonly inFlight: WriteInFlight;
  /** When it was sent. */
  readonly sent: FillLease;
}

/** @param key an exact key of the table. */
export function beginWrite(parts: Parts, table: OpenTable, key: Item): OwnWrite | undefined {
  const position = positionOf(table.schema.key, key);
  if (position === undefined) return undefined;
  const text = keyText(position);
  return {
    table,
    key,
    keyText: text,
    inFlight: table.writes.begin(text),
    sent: table.lease(parts.clock.monotonicMs()),
  };
}

/** The store refused it: a condition, a validation, a throttle. Nothing changed (I5). */
export function writeRefused(write: OwnWrite): void {
  write.table.writes.end(write.keyText, write.inFlight);
}

/**
 * No answer, or a fault: it may have been applied, or be applied later (I5). The entry goes whatever it holds, and the key
 * counts as recent. `newImage` is what the write would leave, where that is known.
 */
export function writeUnknown(parts: Parts, write: OwnWrite, newImage: Image): void {
  write.table.writes.end(write.keyText, write.inFlight);
  if (hasMoved(parts, write)) return;
  parts.items.invalidate(write.table.prefix + write.keyText);
  const mutation = mutationOf(write.table.schema, write.key, 'unknown', newImage);
  if (mutation !== undefined) invalidate(parts, write.table, mutation, 'write');
}

export interface WrittenImages {
  readonly oldImage: Image;
  readonly newImage: Image;
  /** False when `newImage` was worked out here: good for judging pages, not for serving. */
  readonly mayInstall: boolean;
}

/** The store acknowledged it. */
export function writeApplied(parts: Parts, write: OwnWrite, images: WrittenImages): void {
  const { table } = write;
  table.writes.end(write.keyText, write.inFlight);
  if (hasMoved(parts, write)) return;
  const seen = seenSince(write);
  const nowMs = parts.clock.monotonicMs();
  if (table.hasDirectFeed) {
    // The feed delivered this write, with both images, before it was acknowledged: the pages are judged. No record means
    // that nothing changed.
    const last = seen.at(-1);
    if (last !== undefined && !write.inFlight.overlapped) install(parts, write, last.newImage, nowMs);
    return;
  }
  const { oldImage, newImage } = images;
  const mutation = mutationOf(table.schema, write.key, oldImage, newImage);
  if (mutation === undefined) return;
  // I4: of two overlapping writes nobody knows which came last. The same holds for a write of somebody else whose record
  // arrived meanwhile, unless each left just what ours left, and if the answer took so long that the log has forgotten.
  const isRemembered = table.log.reaches(write.sent.token);
  const isLast = isRemembered && !write.inFlight.overlapped && allLeave(newImage, seen);
  // What a read was answered meanwhile may be younger than the write, and has been seen: the entry that it left stays if it is
  // what we wrote, and is gone otherwise.
  const mayStay = isLast && images.mayInstall && write.inFlight.wasRead;
  invalidate(parts, table, mutation, 'write', mayStay ? 'judge' : 'drop');
  if (isLast && images.mayInstall && !mayStay) install(parts, write, newImage, nowMs);
  const isAwaited = table.feedState !== 'none' && seen.length === 0 && willBeRecorded(images);
  if (isAwaited) table.unconfirmed.add(write.keyText, mutation, nowMs);
}

/**
 * Its record is still to come, and can be told from others: both images are known, and they differ. Without the old one it
 * may have changed nothing; then no record comes, and a later write of somebody else that leaves the same would be taken
 * for it. A record that came before the answer (`seen`) does not come again either.
 */
function willBeRecorded({ oldImage, newImage }: WrittenImages): boolean {
  return oldImage !== 'unknown' && newImage !== 'unknown' && !sameItem(oldImage, newImage);
}

/** The table was forgotten while the write was under way: nothing that is cached since then may be older than the write. */
function hasMoved(parts: Parts, write: OwnWrite): boolean {
  if (write.sent.epoch === write.table.epoch) return false;
  write.table.reset(parts.clock.monotonicMs());
  return true;
}

const NONE: readonly Mutation[] = [];

/** The mutations of the key that the log took in since the write began, oldest first. */
function seenSince({ table, keyText: text, sent }: OwnWrite): readonly Mutation[] {
  return table.log.hasAnySince(sent.token) ? [...table.log.since(topics.item(text), sent.token)] : NONE;
}

/**
 * The last one alone does not tell: a node that is followed pushes a write when it has the answer. A write of ours that the
 * store did first and answered last is then pushed after the one that replaced it.
 */
function allLeave(image: Image, seen: readonly Mutation[]): boolean {
  return seen.every((mutation) => sameImage(mutation.newImage, image));
}

function install(parts: Parts, write: OwnWrite, image: Image, nowMs: number): void {
  if (image === 'unknown' || !write.table.isServing(nowMs)) return;
  const body = Buffer.from(image === undefined ? '{}' : JSON.stringify({ Item: image }));
  // What it left may have been written over since it was sent, so its lifetime counts from there.
  keepItem(parts, write.table, write.keyText, image === undefined, body, write.sent.takenMs);
}

/** Refused, unless an earlier attempt of the same call may have gone through. */
export function isRefusal(reply: ServiceReply): boolean {
  return reply.status >= 400 && reply.status < 500 && !reply.isUncertain;
}
