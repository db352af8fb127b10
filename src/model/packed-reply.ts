/** Answers of GetItem, Query and Scan whose items are packed, and the way back to AWS JSON. */
import { mapFrom, wireValueFrom, type Leaf, type LeafCursor, type PackedItem, type Shape } from './packed-item.ts';

export interface PackedReply {
  /** Of a GetItem's item; undefined for an absence, and for a page. */
  readonly shape: Shape | undefined;
  /** Those from `first` to before `end` are of the item, or of all items of a page one after the other. */
  readonly leaves: readonly Leaf[];
  readonly first: number;
  readonly end: number;
  readonly page: PackedPage | undefined;
}

export interface PackedPage {
  /** Of each item; undefined where the answer names none, as of `Select: 'COUNT'`. */
  readonly shapes: readonly Shape[] | undefined;
  readonly count: number;
  readonly scannedCount: number;
  readonly lastKey: PackedItem | undefined;
}

/** A new answer in AWS JSON form. */
export function outputFrom(packed: PackedReply): Record<string, unknown> {
  const { $metadata: _none, ...output } = assemble(packed, itemFrom, undefined);
  return output;
}

function itemFrom(shape: Shape, cursor: LeafCursor): Record<string, unknown> {
  return mapFrom(shape, cursor, wireValueFrom);
}

/** A new answer whose items are made by `itemOf`, with what is said about it. */
export function assemble(
  { shape, leaves, first, page }: PackedReply,
  itemOf: (shape: Shape, cursor: LeafCursor) => unknown,
  $metadata: unknown,
): Record<string, unknown> {
  const cursor = { leaves, next: first };
  if (page === undefined) return shape === undefined ? { $metadata } : { Item: itemOf(shape, cursor), $metadata };
  const { shapes, count: Count, scannedCount: ScannedCount, lastKey } = page;
  const output: Record<string, unknown> = { Count };
  if (shapes !== undefined) output['Items'] = shapes.map((shapeOfItem) => itemOf(shapeOfItem, cursor));
  if (lastKey !== undefined) {
    output['LastEvaluatedKey'] = itemOf(lastKey.shape, { leaves: lastKey.leaves, next: 0 });
  }
  output['ScannedCount'] = ScannedCount;
  output['$metadata'] = $metadata;
  return output;
}
